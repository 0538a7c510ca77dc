//! Clients that leave, and servers and engines that stop, while an answer is under way.

use entity::request::{Outcome, Reconciliation, UsageSource};
use proxypal_server::{
    domain::{requests::tokens_of, settings::AbortPolicy},
    engine::EngineState,
};

use super::{Delivery, Managed, Protocol};
use crate::support::test_context;
use crate::{gateway::stopping::only_answer, support::soon};

/// About a second of answering.
const SLOW: &str = "usage:input=11,cached=4,output=7,reasoning=2,chunks=20,delay_ms=40,tag=slow";

/// Asks, and reads the first piece.
async fn begin(managed: &Managed, protocol: Protocol) -> reqwest::Response {
    let mut answer = managed.ask(protocol, Delivery::Streamed, SLOW).await;
    soon("the first piece", answer.chunk()).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abandoned_answer_is_drained_to_exact_tokens() {
    for protocol in Protocol::ALL {
        let mut managed = Managed::start().await;

        drop(begin(&managed, protocol).await);

        let record = managed.next_record().await;
        assert_eq!(record.outcome, Outcome::ClientGone, "{protocol:?}");
        assert_eq!(record.usage_source, UsageSource::Wire, "{protocol:?}");
        let produced = managed.provider.tokens("slow").await;
        assert_eq!(tokens_of(&record), Some(produced), "{protocol:?}");
        let record = managed.reconciled(record.id).await;
        assert_eq!(
            record.reconciliation,
            Some(Reconciliation::Matched),
            "{protocol:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_cancel_the_provider_stops_producing() {
    let mut managed = Managed::start().await;
    let settings = &managed.app.services.settings;
    settings
        .update(test_context(), 0, |settings| {
            settings.abort_policy = AbortPolicy::Cancel;
        })
        .await
        .unwrap();

    drop(begin(&managed, Protocol::Messages).await);

    let record = managed.next_record().await;
    assert_eq!(record.outcome, Outcome::ClientGone);
    assert_ne!(record.usage_source, UsageSource::Wire);
    let record = managed.reconciled(record.id).await;
    assert_ne!(record.reconciliation, Some(Reconciliation::Matched));
    assert_eq!(managed.provider.produced("slow").await["finished"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_the_engine_waits_for_answers() {
    let managed = Managed::start().await;
    let answer = begin(&managed, Protocol::Chat).await;

    let stopped = managed.app.services.engine.stop();
    let (stopped, rest) = tokio::join!(stopped, answer.text());

    assert_eq!(stopped.unwrap().state, EngineState::Stopped);
    assert!(rest.unwrap().contains("[DONE]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_finishes_answers_before_it_stops_the_engine() {
    let managed = Managed::start().await;
    let answer = begin(&managed, Protocol::Messages).await;

    managed.app.ask_to_stop();
    let rest = answer.text().await.unwrap();
    drop(managed.records);
    let database = managed.app.stop().await;

    assert!(rest.contains("message_stop"));
    let record = only_answer(&database).await;
    assert_eq!(record.outcome, Outcome::Completed);
    let produced = managed.provider.tokens("slow").await;
    assert_eq!(tokens_of(&record), Some(produced));
    assert_eq!(record.reconciliation, Some(Reconciliation::Matched));
}
