//! The usage windows of subscriptions, as the answers to requests report them.

use chrono::{DateTime, Utc};
use entity::provider_account::{ProviderKind, SubscriptionWindow};
use uuid::Uuid;

use super::{Delivery, Managed, Protocol};
use crate::support::eventually;

impl Managed {
    async fn windows_of(&self, id: Uuid) -> Vec<SubscriptionWindow> {
        let account = self.app.services.provider_accounts.get(id).await.unwrap();
        account
            .windows
            .map_or_else(Vec::new, |reported| reported.windows)
    }

    async fn use_window(&self, protocol: Protocol, delivery: Delivery, script: &str) {
        let response = self.ask(protocol, delivery, script).await;
        response.bytes().await.unwrap();
    }

    async fn window_shows(&self, id: Uuid, used_percent: i32) -> SubscriptionWindow {
        eventually("the reported level", async || {
            let windows = self.windows_of(id).await;
            let is_level = |window: &SubscriptionWindow| window.used_percent == used_percent;
            windows.into_iter().find(is_level)
        })
        .await
    }

    async fn history(&self, id: Uuid) -> Vec<i16> {
        let windows = self.app.services.provider_accounts.windows();
        let history = windows.history(id, "five_hour", DateTime::UNIX_EPOCH).await;
        let history = history.unwrap().into_iter();
        history.map(|reading| reading.used_percent).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_windows_of_an_account_follow_the_answers_to_requests() {
    let managed = Managed::start().await;
    for (protocol, kind) in [
        (Protocol::Messages, ProviderKind::Claude),
        (Protocol::Responses, ProviderKind::Chatgpt),
    ] {
        let id = managed.account_of(kind).await;
        assert_eq!(managed.windows_of(id).await, []);

        let whole = Delivery::Whole;
        managed.use_window(protocol, whole, "usage:window=41").await;
        let window = managed.window_shows(id, 41).await;
        let reset: DateTime<Utc> = "2100-01-01T00:00:00Z".parse().unwrap();
        let expected = SubscriptionWindow {
            name: "five_hour".to_owned(),
            used_percent: 41,
            resets_at: Some(reset),
            length_seconds: Some(18_000),
        };
        assert_eq!(window, expected);

        let stream = Delivery::Streamed;
        managed
            .use_window(protocol, stream, "usage:window=42")
            .await;
        managed.window_shows(id, 42).await;
        // One low reading among higher ones is not believed.
        managed.use_window(protocol, whole, "usage:window=3").await;
        managed.use_window(protocol, whole, "usage:window=44").await;
        managed.window_shows(id, 44).await;
        assert_eq!(managed.history(id).await, [41, 42, 44]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_request_reports_its_window_too() {
    let managed = Managed::start().await;
    let id = managed.account_of(ProviderKind::Claude).await;

    let rejected = "usage:window=100,error=429";
    managed
        .use_window(Protocol::Messages, Delivery::Whole, rejected)
        .await;

    managed.window_shows(id, 100).await;
}
