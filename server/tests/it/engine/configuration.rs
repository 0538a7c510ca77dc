//! Changed credentials reach the running engine.

use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use uuid::Uuid;

use super::support::{EVENT_TIMEOUT, Room, compatible, provider};

async fn offers(room: &Room, expected: &[&str]) {
    let seen = async {
        while room.models().await != expected {
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
    let room = Room::with(vec![first.clone()]).await;
    let file = room.folder.path().join("engine/run/config.yaml");
    let before = (
        std::fs::metadata(&file).unwrap().ino(),
        room.engine.status().pid,
    );

    for round in 0..3 {
        let name = format!("second-{round}");
        let expected = ["first", &name];
        room.credentials
            .set(vec![first.clone(), compatible(&name, &upstream)]);
        let requests = async {
            loop {
                assert_eq!(room.chat("first", Uuid::now_v7()).await.status(), 200);
            }
        };
        tokio::select! {
            () = requests => {}
            () = offers(&room, &expected) => {}
        }
    }

    let after = (
        std::fs::metadata(&file).unwrap().ino(),
        room.engine.status().pid,
    );
    assert_eq!(after, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_credential_can_be_removed() {
    let room = Room::with(vec![compatible("only", "http://127.0.0.1:9/v1")]).await;

    room.credentials.set(Vec::new());

    offers(&room, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn is_told_once_the_engine_shows_what_was_written() {
    let room = Room::with(vec![compatible("first", "http://127.0.0.1:9/v1/")]).await;
    let mut lines = room.engine.logs().subscribe();

    room.credentials
        .set(vec![compatible("second", "http://127.0.0.1:9/v1/")]);
    let said = async {
        while !lines
            .recv()
            .await
            .unwrap()
            .message
            .contains("works with the new credentials")
        {}
    };

    tokio::time::timeout(EVENT_TIMEOUT, said)
        .await
        .expect("it is said that the change has arrived");
    assert_eq!(room.models().await, ["second"]);
}
