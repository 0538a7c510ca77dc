//! The usage that is recorded is the usage that the provider reports.

use entity::request::{Outcome, Reconciliation, UsageSource};
use proxypal_server::domain::requests::tokens_of;
use reqwest::StatusCode;

use super::{Delivery, Managed, Protocol};

#[tokio::test(flavor = "multi_thread")]
async fn recorded_tokens_match_those_of_the_provider_and_of_the_engine() {
    check_tokens(Managed::start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_tokens_match_if_each_account_has_an_engine_of_its_own() {
    let managed = Managed::start().await;
    for protocol in Protocol::ALL {
        let id = managed.account_of(protocol.kind()).await;
        managed.serve_at_a_time(id, Some(100)).await;
        managed.is_dedicated(id).await;
    }
    check_tokens(managed).await;
}

async fn check_tokens(mut managed: Managed) {
    for protocol in Protocol::ALL {
        for delivery in [Delivery::Streamed, Delivery::Whole] {
            let tag = format!("{protocol:?}-{delivery:?}");
            let script =
                format!("usage:input=11,cached=4,cache_write=3,output=7,reasoning=2,tag={tag}");

            let answer = managed.ask(protocol, delivery, &script).await;
            let status = answer.status();
            let text = answer.text().await.unwrap();

            assert_eq!(status, StatusCode::OK, "{tag}: {text}");
            let record = managed.next_record().await;
            assert_eq!(record.outcome, Outcome::Completed, "{tag}");
            assert_eq!(record.usage_source, UsageSource::Wire, "{tag}");
            assert_eq!(record.model.as_deref(), Some(protocol.model()), "{tag}");
            assert_eq!(record.streamed, delivery == Delivery::Streamed, "{tag}");
            let produced = managed.provider.tokens(&tag).await;
            assert_eq!(tokens_of(&record), Some(produced), "{tag}: {text}");
            let record = managed.reconciled(record.id).await;
            assert_eq!(record.provider, Some(protocol.kind()), "{tag}");
            assert_eq!(
                record.reconciliation,
                Some(Reconciliation::Matched),
                "{tag}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_of_a_provider_is_forwarded_and_its_account_recorded() {
    let mut managed = Managed::start().await;

    for protocol in Protocol::ALL {
        let script = "usage:error=429";
        let answer = managed.ask(protocol, Delivery::Streamed, script).await;

        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(!answer.headers().contains_key("x-proxypal-error"));
        let record = managed.next_record().await;
        assert_eq!(record.outcome, Outcome::UpstreamError);
        assert_eq!(record.http_status, Some(429));
        assert_eq!(tokens_of(&record).unwrap().total(), 0);
        let record = managed.reconciled(record.id).await;
        assert_eq!(record.provider, Some(protocol.kind()));
    }
}
