//! The server opens usage windows at set times, once, and not while one runs.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::{
    provider_account::{ProviderKind, SubscriptionWindow},
    window_opening::OpeningOutcome,
    window_reading::ReadingSource,
};
use proxypal_server::{
    clock::{Clock as _, SystemClock},
    domain::{
        provider_accounts::{NewAuthFile, ProviderAccountChanges},
        window_openings::OpeningSchedule,
        window_readings::WindowReport,
    },
};
use uuid::Uuid;

use super::Managed;
use crate::support::{
    ManualClock, Options, eventually, test_context, token_endpoint::TokenEndpoint,
};

const MODEL: &str = "grok-test";

fn at(times: &[&str]) -> OpeningSchedule {
    OpeningSchedule {
        times: times.iter().map(|time| (*time).to_owned()).collect(),
        timezone: "UTC".to_owned(),
        model: MODEL.to_owned(),
    }
}

/// A server at noon, with a signed-in account that the engine knows.
struct Opening {
    managed: Managed,
    clock: Arc<ManualClock>,
    account: Uuid,
}

impl Opening {
    async fn start(endpoint: &TokenEndpoint) -> Self {
        let clock = Arc::new(ManualClock::default());
        let options = Options {
            clock: clock.clone(),
            ..Options::default()
        };
        let managed = Managed::start_with(options).await;
        let base_url = managed.provider.account(ProviderKind::Chatgpt, "any");
        let base_url = base_url.base_url.unwrap();
        let new = NewAuthFile {
            kind: ProviderKind::Xai,
            label: None,
            email: None,
            plan: None,
            file_name: None,
            content: endpoint.sign_in(&base_url, SystemClock.now() + TimeDelta::days(1)),
            expires_at: None,
        };
        let accounts = &managed.app.services.provider_accounts;
        let account = accounts.save_auth_file(test_context(), new).await.unwrap();
        let checkup = &managed.app.services.checkup;
        eventually("an engine that knows the account", async || {
            let tested = checkup.test_model(account.id, MODEL).await.ok()?;
            tested.succeeded.then_some(())
        })
        .await;
        Self {
            account: account.id,
            managed,
            clock,
        }
    }

    /// The requests for the model that have reached the provider.
    async fn requests(&self) -> usize {
        let produced = self.managed.provider.list().await;
        let of_model = produced.iter().filter(|entry| entry["model"] == MODEL);
        of_model.count()
    }

    async fn set(&self, schedule: Option<OpeningSchedule>) {
        let openings = &self.managed.app.services.window_openings;
        let set = openings.set(test_context(), self.account, schedule);
        set.await.unwrap();
    }

    /// Opens what is due after so many minutes; returns how many openings there were, and how the last one ended.
    async fn after(&self, minutes: i64) -> (usize, Option<OpeningOutcome>, Option<String>) {
        self.clock.advance(TimeDelta::minutes(minutes));
        let services = &self.managed.app.services;
        let opened = services.checkup.open_windows().await.unwrap();
        let found = services.window_openings.find(self.account).await.unwrap();
        let found = found.unwrap();
        (opened, found.outcome, found.reason)
    }

    async fn report_window(&self, minutes: i64) {
        let now = self.clock.now();
        let window = SubscriptionWindow {
            name: "five_hour".to_owned(),
            used_percent: 3,
            resets_at: Some(now + TimeDelta::minutes(minutes)),
            length_seconds: Some(18_000),
        };
        let report = WindowReport {
            account_id: self.account,
            observed_at: now,
            source: ReadingSource::Answer,
            windows: vec![window],
        };
        let windows = self.managed.app.services.provider_accounts.windows();
        windows.record(report).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_is_opened_once_at_its_time_and_not_while_one_runs() {
    let endpoint = TokenEndpoint::start().await;
    let opening = Opening::start(&endpoint).await;
    let before = opening.requests().await;
    // Noon is over: it is due tomorrow.
    opening
        .set(Some(at(&["12:00", "12:30", "13:00", "14:00"])))
        .await;
    assert_eq!(opening.after(0).await, (0, None, None));
    assert_eq!(opening.after(29).await, (0, None, None));

    let opened = Some(OpeningOutcome::Opened);
    assert_eq!(opening.after(2).await, (1, opened, None));
    assert_eq!(opening.requests().await, before + 1);
    assert_eq!(opening.after(5).await, (0, opened, None), "once");

    opening.report_window(90).await;
    let (count, outcome, reason) = opening.after(25).await;
    assert_eq!((count, outcome), (1, Some(OpeningOutcome::Skipped)));
    assert!(reason.unwrap().contains("a window runs until"));
    assert_eq!(opening.requests().await, before + 1);

    let disabled = ProviderAccountChanges {
        enabled: Some(false),
        ..ProviderAccountChanges::default()
    };
    let accounts = &opening.managed.app.services.provider_accounts;
    let updated = accounts.update(test_context(), opening.account, None, disabled);
    updated.await.unwrap();
    let (count, outcome, reason) = opening.after(60).await;
    assert_eq!((count, outcome), (1, Some(OpeningOutcome::Skipped)));
    assert!(reason.unwrap().contains("disabled"));
    assert_eq!(opening.requests().await, before + 1);
    // A time that was missed by more than a few minutes is over.
    assert_eq!(opening.after(24 * 60 + 15).await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_signed_in_accounts_have_windows_to_open() {
    let managed = Managed::start().await;
    let key = managed.account_of(ProviderKind::Claude).await;
    let openings = &managed.app.services.window_openings;
    let refused = openings
        .set(test_context(), key, Some(at(&["07:00"])))
        .await;
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("only signed-in accounts"), "{error}");
    let unknown = openings.set(test_context(), Uuid::nil(), None).await;
    assert_eq!(unknown.unwrap_err().code(), "NOT_FOUND");
}
