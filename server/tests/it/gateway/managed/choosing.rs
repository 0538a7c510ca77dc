//! How the engine chooses among accounts, and what it leaves out: set while it runs.

use entity::provider_account::ProviderKind;
use proxypal_server::{
    domain::{
        provider_accounts::ProviderAccountChanges,
        settings::{AccountStrategy, ProviderSettings, RoutingSettings, RoutingStrategy},
    },
    engine::LogLine,
};
use tokio::sync::broadcast::Receiver;
use uuid::Uuid;

use super::{Delivery, Managed, Protocol};
use crate::support::{eventually, soon, test_context};

impl Managed {
    /// Two accounts for one Claude model, and how they differ.
    pub(super) async fn with_two_of_claude() -> (Self, [Uuid; 2]) {
        let managed = Self::start().await;
        let accounts = managed.two_of_claude().await;
        (managed, accounts)
    }

    /// Adds a second account for the Claude model; returns both.
    pub(super) async fn two_of_claude(&self) -> [Uuid; 2] {
        let first = self.account_of(ProviderKind::Claude).await;
        let mut second = self
            .provider
            .account(ProviderKind::Claude, Protocol::Messages.model());
        second.label = Some("second".to_owned());
        second.api_key = "sk-canary-of-the-second".into();
        [first, self.add(second).await]
    }

    /// The accounts that served, in order.
    async fn served(&self, count: usize) -> Vec<Uuid> {
        let mut served = Vec::new();
        for _ in 0..count {
            let asked = self.ask(Protocol::Messages, Delivery::Whole, "usage:output=1");
            let answer = asked.await;
            assert_eq!(answer.status(), 200);
            let id = answer.headers()["x-request-id"].to_str().unwrap();
            let record = self.reconciled(id.parse().unwrap()).await;
            served.push(record.account_id.unwrap());
        }
        served
    }

    async fn route(&self, routing: RoutingSettings) {
        let settings = &self.app.services.settings;
        let update = settings.update(test_context(), settings.current().version, |gateway| {
            gateway.routing = routing;
        });
        update.await.unwrap();
    }

    async fn set_up(&self, kind: ProviderKind, change: impl FnOnce(&mut ProviderSettings)) {
        let settings = &self.app.services.settings;
        let version = settings.provider(kind).version;
        settings
            .update_provider(test_context(), kind, version, change)
            .await
            .unwrap();
    }

    async fn change(&self, id: Uuid, changes: ProviderAccountChanges) {
        let accounts = &self.app.services.provider_accounts;
        accounts
            .update(test_context(), id, None, changes)
            .await
            .unwrap();
    }
}

fn share(served: &[Uuid], id: Uuid) -> usize {
    served.iter().filter(|served| **served == id).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_used_round_robin_or_fill_first() {
    let (managed, both) = Managed::with_two_of_claude().await;
    managed.app.without_rate_limit().await;

    eventually("turns", async || {
        let served = managed.served(4).await;
        both.iter().all(|id| share(&served, *id) == 2).then_some(())
    })
    .await;
    let fill_first = RoutingSettings {
        strategy: RoutingStrategy::FillFirst,
        ..RoutingSettings::default()
    };
    managed.route(fill_first).await;

    eventually("the first account alone", async || {
        let served = managed.served(4).await;
        both.iter().any(|id| share(&served, *id) == 4).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_higher_priority_serves_alone_and_a_heavier_one_more_often() {
    let (managed, [first, second]) = Managed::with_two_of_claude().await;
    managed.app.without_rate_limit().await;

    let priority = ProviderAccountChanges {
        priority: Some(5),
        ..ProviderAccountChanges::default()
    };
    managed.change(second, priority).await;
    eventually("the preferred account alone", async || {
        (share(&managed.served(4).await, second) == 4).then_some(())
    })
    .await;
    let weighted = RoutingSettings {
        strategy: RoutingStrategy::Weighted,
        ..RoutingSettings::default()
    };
    managed.route(weighted).await;
    let weight = ProviderAccountChanges {
        priority: Some(0),
        weight: Some(3),
        ..ProviderAccountChanges::default()
    };
    managed.change(second, weight).await;

    eventually("three of four", async || {
        let served = managed.served(8).await;
        (share(&served, first) == 2 && share(&served, second) == 6).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_excluded_model_is_not_served_until_it_is_allowed_again() {
    let managed = Managed::start().await;
    let before = managed.app.services.engine.status();

    for kind in [ProviderKind::Claude, ProviderKind::OpenaiCompatible] {
        let exclude = |provider: &mut ProviderSettings| {
            provider.excluded_models = vec!["STUB-c*".to_owned()];
        };
        managed.set_up(kind, exclude).await;
    }
    managed.lists("stub-claude", false).await;
    managed.lists("stub-chat", false).await;
    managed.lists("stub-codex", true).await;
    for kind in [ProviderKind::Claude, ProviderKind::OpenaiCompatible] {
        let allow = |provider: &mut ProviderSettings| provider.excluded_models.clear();
        managed.set_up(kind, allow).await;
    }

    managed.lists("stub-claude", true).await;
    managed.lists("stub-chat", true).await;
    let after = managed.app.services.engine.status();
    assert_eq!((after.pid, after.restarts), (before.pid, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_shows_every_setting_that_was_made() {
    let managed = Managed::start().await;
    let mut lines = managed.app.services.engine.logs().subscribe();

    managed
        .route(RoutingSettings {
            strategy: RoutingStrategy::Weighted,
            account_strategy: AccountStrategy::MostLeft,
            session_affinity: true,
            session_affinity_seconds: 1800,
            request_retries: 2,
            max_retry_credentials: 3,
            max_retry_interval_seconds: 20,
            cooldown: false,
            transient_cooldown_seconds: 0,
            stream_keepalive_seconds: 15,
        })
        .await;

    shown(&managed, &mut lines, "strategy: weighted-round-robin").await;
    let preview = managed.app.services.engine.config_preview().unwrap();
    for line in [
        "strategy: weighted-round-robin",
        "session-affinity-ttl: 1800s",
        "request-retry: 2",
        "max-retry-credentials: 3",
        "max-retry-interval: 20",
        "disable-cooling: true",
        "transient-error-cooldown-seconds: -1",
    ] {
        assert!(preview.contains(line), "{line} is not in\n{preview}");
    }
    // Events of the first change have arrived when the second is shown.
    managed.route(RoutingSettings::default()).await;
    shown(&managed, &mut lines, "strategy: round-robin").await;
}

/// Waits until the engine's own view of its configuration holds all that was written, this too.
async fn shown(managed: &Managed, lines: &mut Receiver<LogLine>, written: &str) {
    let said = async {
        loop {
            let line = lines.recv().await.unwrap().message;
            if !line.contains("ProxyPal: the engine") {
                continue;
            }
            assert!(line.contains("uses the new"), "{line}");
            let preview = managed.app.services.engine.config_preview().unwrap();
            if preview.contains(written) {
                return;
            }
        }
    };
    soon("the engine's word", said).await;
}
