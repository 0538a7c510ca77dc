//! Changed credentials reach the running engine.

use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use uuid::Uuid;

use super::support::{EVENT_TIMEOUT, TestEngine, compatible, provider};

async fn offers(test_engine: &TestEngine, expected: &[&str]) {
    let seen = async {
        while test_engine.models().await != expected {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let has_seen = tokio::time::timeout(EVENT_TIMEOUT, seen).await.is_ok();
    assert!(has_seen, "the engine never offered {expected:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_arrive_without_a_restart_and_without_a_failed_request() {
    let upstream = provider().await;
    let first = compatible("first", &upstream);
    let test_engine = TestEngine::with(vec![first.clone()]).await;
    let file = test_engine.folder.path().join("engine/run/config.yaml");
    let before = (
        std::fs::metadata(&file).unwrap().ino(),
        test_engine.engine.status().pid,
    );

    for round in 0..3 {
        let name = format!("second-{round}");
        let expected = ["first", &name];
        test_engine
            .credentials
            .set(vec![first.clone(), compatible(&name, &upstream)]);
        let requests = async {
            loop {
                assert_eq!(
                    test_engine.chat("first", Uuid::now_v7()).await.status(),
                    200
                );
            }
        };
        tokio::select! {
            () = requests => {}
            () = offers(&test_engine, &expected) => {}
        }
    }

    let after = (
        std::fs::metadata(&file).unwrap().ino(),
        test_engine.engine.status().pid,
    );
    assert_eq!(after, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_credential_can_be_removed() {
    let test_engine = TestEngine::with(vec![compatible("only", "http://127.0.0.1:9/v1")]).await;

    test_engine.credentials.set(Vec::new());

    offers(&test_engine, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn completes_when_the_engine_has_loaded_the_configuration() {
    let test_engine = TestEngine::with(vec![compatible("first", "http://127.0.0.1:9/v1/")]).await;
    let mut lines = test_engine.engine.logs().subscribe();

    test_engine
        .credentials
        .set(vec![compatible("second", "http://127.0.0.1:9/v1/")]);
    let said = async {
        while !lines
            .recv()
            .await
            .unwrap()
            .message
            .contains("uses the new credentials")
        {}
    };

    tokio::time::timeout(EVENT_TIMEOUT, said)
        .await
        .expect("it is said that the change has arrived");
    assert_eq!(test_engine.models().await, ["second"]);
}
