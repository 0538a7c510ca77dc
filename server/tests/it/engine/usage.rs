//! The engine's usage queue names our requests and accounts.

use entity::provider_account::ProviderKind;
use proxypal_server::domain::engine_usage::EngineUsage;
use proxypal_server::domain::tokens::Tokens;
use uuid::Uuid;

use super::support::{TestEngine, compatible, provider};

#[tokio::test(flavor = "multi_thread")]
async fn a_record_names_request_and_account_and_counts_exactly() {
    let credential = compatible("stub-gpt", &provider().await);
    let account_id = Some(credential.account_id);
    let mut test_engine = TestEngine::with(vec![credential]).await;
    let request_id = Uuid::now_v7();

    test_engine.chat("stub-gpt", request_id).await;

    let expected = EngineUsage {
        request_id,
        provider: Some(ProviderKind::OpenaiCompatible),
        account_id,
        failed: false,
        status: None,
        message: None,
        tokens: Some(Tokens {
            input: 6,
            cache_read: 4,
            cache_write: 0,
            cache_write_1h: 0,
            output: 3,
            reasoning: 2,
            ..Tokens::default()
        }),
        service_tier: None,
    };
    assert_eq!(test_engine.next_usage().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_attempt_has_no_counts() {
    let mut test_engine =
        TestEngine::with(vec![compatible("stub-gpt", "http://127.0.0.1:9/v1")]).await;

    test_engine.chat("stub-gpt", Uuid::now_v7()).await;

    let usage = test_engine.next_usage().await;
    assert!(usage.failed);
    assert_eq!(usage.tokens, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_emptied_before_the_engine_is_stopped() {
    let mut test_engine = TestEngine::with(vec![compatible("stub-gpt", &provider().await)]).await;
    let request_id = Uuid::now_v7();

    test_engine.chat("stub-gpt", request_id).await;
    test_engine.engine.stop().await.unwrap();

    assert_eq!(test_engine.usage.try_recv().unwrap().request_id, request_id);
}
