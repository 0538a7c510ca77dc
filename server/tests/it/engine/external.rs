//! An engine that runs elsewhere is used and watched, and not started.

use proxypal_server::engine::{EngineMode, EngineOptions, EngineState, ExternalEngine};
use secrecy::ExposeSecret as _;

use super::support::{TestEngine, compatible, provider};

/// The settings for using a running engine as an external one.
fn outside(test_engine: &TestEngine) -> ExternalEngine {
    let endpoint = test_engine.engine.endpoint().unwrap();
    let process = format!("/proc/{}/environ", test_engine.engine.status().pid.unwrap());
    let environment = std::fs::read_to_string(process).unwrap();
    let management = environment
        .split('\0')
        .find_map(|pair| pair.strip_prefix("MANAGEMENT_PASSWORD="));
    let key = endpoint
        .authorization
        .to_str()
        .unwrap()
        .trim_start_matches("Bearer ");
    ExternalEngine {
        url: format!("http://{}", endpoint.authority).parse().unwrap(),
        api_key: key.into(),
        management_key: management.map(Into::into),
    }
}

fn external(engine: ExternalEngine) -> impl FnOnce(&mut EngineOptions) {
    |options| {
        options.mode = EngineMode::External;
        options.external = Some(engine);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn is_used_where_it_runs() {
    let there = TestEngine::with(vec![compatible("stub-gpt", &provider().await)]).await;
    let test_engine = TestEngine::launch(Vec::new(), external(outside(&there)));

    let status = test_engine.running().await;

    assert_eq!((status.mode, status.pid), (EngineMode::External, None));
    assert_eq!(test_engine.models().await, ["stub-gpt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_engine_is_retried() {
    let engine = ExternalEngine {
        url: "http://127.0.0.1:9".parse().unwrap(),
        api_key: "key".into(),
        management_key: None,
    };
    let test_engine = TestEngine::launch(Vec::new(), external(engine));

    let status = test_engine.reaches(EngineState::BackingOff).await;

    assert!(status.last_error.unwrap().contains("cannot be reached"));
    assert!(test_engine.engine.endpoint().is_none());
}

/// Five wrong keys would shut the door for half an hour, for the right key too.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_management_key_does_not_lock_out_other_clients() {
    let there = TestEngine::with(Vec::new()).await;
    let mut engine = outside(&there);
    let right = engine.management_key.replace("wrong".into()).unwrap();
    let test_engine = TestEngine::launch(Vec::new(), external(engine));

    for _ in 0..6 {
        test_engine.running().await;
        test_engine.engine.stop().await.unwrap();
        test_engine.engine.start().await.unwrap();
    }

    let url = format!(
        "http://{}/v0/management/config",
        there.engine.endpoint().unwrap().authority
    );
    let answer = there
        .http
        .get(url)
        .bearer_auth(right.expose_secret())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}
