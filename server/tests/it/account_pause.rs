//! When an account is paused: the evidence, the outages that must not pause anything, and what ends a pause.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    audit_event::ActorKind,
    provider_account::{self, ProviderKind},
};
use proxypal_server::{
    clock::Clock as _,
    crypto::vault::{EncryptionKey, Vault},
    db::Database,
    domain::{
        engine_accounts::{EngineAccount, EngineAccounts},
        patch::Patch,
        provider_accounts::{
            AccountStatus, EngineAttempt, NewAuthFile, NewProviderApiKey, ProviderAccountChanges,
            ProviderAccounts,
        },
    },
};
use serde_json::json;
use uuid::Uuid;

use crate::support::{ManualClock, TestDatabase, test_context};

/// Accounts with a clock that the test moves.
struct Accounts {
    service: ProviderAccounts,
    clock: Arc<ManualClock>,
    home: TestDatabase,
    vault: Arc<Vault>,
}

impl Accounts {
    async fn open() -> Self {
        let home = TestDatabase::create().await;
        let vault = Arc::new(Vault::new(&EncryptionKey::generate(), &[]));
        let clock = Arc::new(ManualClock::default());
        let service = Self::service(&home, &clock, &vault).await;
        Self {
            service,
            clock,
            home,
            vault,
        }
    }

    async fn service(
        home: &TestDatabase,
        clock: &Arc<ManualClock>,
        vault: &Arc<Vault>,
    ) -> ProviderAccounts {
        let db = Database::open(&home.url, home.directory.path());
        ProviderAccounts::new(db.await.unwrap(), clock.clone(), Arc::clone(vault))
    }

    /// The same database in a server that was started again.
    async fn restarted(self) -> Self {
        let Self {
            service,
            clock,
            home,
            vault,
        } = self;
        drop(service);
        let service = Self::service(&home, &clock, &vault).await;
        Self {
            service,
            clock,
            home,
            vault,
        }
    }

    async fn add(&self, key: &str, base_url: &str) -> Uuid {
        let new = NewProviderApiKey {
            kind: ProviderKind::Claude,
            api_key: format!("sk-ant-{key}-0123456789").into(),
            label: Some(key.to_owned()),
            base_url: Some(base_url.to_owned()),
            headers: Vec::new(),
            models: Vec::new(),
            prefix: None,
        };
        let added = self.service.add_api_key(test_context(), new).await;
        added.unwrap().id
    }

    async fn sign_in(&self) -> provider_account::Model {
        let content = json!({"type": "claude", "email": "ada@example.org", "access_token": "a", "refresh_token": "r"});
        let new = NewAuthFile {
            kind: ProviderKind::Claude,
            label: None,
            email: None,
            plan: None,
            file_name: None,
            content: content.as_object().unwrap().clone(),
            expires_at: None,
        };
        let saved = self.service.save_auth_file(test_context(), new).await;
        saved.unwrap()
    }

    /// One request through an account; `None` is served.
    async fn request(&self, account_id: Uuid, failure: Option<u16>) {
        let attempt = EngineAttempt {
            account_id,
            at: self.clock.now(),
            failure,
            message: failure.map(|status| format!("status {status}")),
        };
        self.service.record_attempts(&[attempt]).await;
    }

    async fn rejected(&self, account_id: Uuid, times: usize) {
        for _ in 0..times {
            self.request(account_id, Some(401)).await;
        }
    }

    fn advance(&self, minutes: i64) {
        self.clock.advance(TimeDelta::minutes(minutes));
    }

    async fn row(&self, id: Uuid) -> provider_account::Model {
        self.service.get(id).await.unwrap()
    }

    async fn status(&self, id: Uuid) -> AccountStatus {
        let state = self.service.state(&self.row(id).await, None);
        state.status
    }

    async fn paused_at(&self, id: Uuid) -> Option<DateTime<Utc>> {
        self.row(id).await.paused_at
    }

    /// Pauses the only account of its provider.
    async fn pause(&self, id: Uuid) {
        self.advance(1);
        self.rejected(id, 3).await;
        self.advance(10);
        self.rejected(id, 1).await;
        assert_eq!(self.status(id).await, AccountStatus::Paused);
    }
}

const HERE: &str = "https://here.example";

#[tokio::test]
async fn the_only_account_of_a_provider_is_paused_after_ten_minutes_of_rejections() {
    let accounts = Accounts::open().await;
    let id = accounts.add("only", HERE).await;

    accounts.rejected(id, 20).await;
    accounts.advance(9);
    accounts.rejected(id, 1).await;
    assert_eq!(accounts.paused_at(id).await, None);
    accounts.advance(1);
    accounts.rejected(id, 1).await;

    assert_eq!(accounts.paused_at(id).await, Some(accounts.clock.now()));
    let state = accounts.service.state(&accounts.row(id).await, None);
    assert_eq!(state.status, AccountStatus::Paused);
    assert!(state.reason.unwrap().contains("replace the key"));
    let event = accounts.home.audit_events().await.pop().unwrap();
    assert_eq!(event.action, "pauseProviderAccount");
    assert_eq!(event.actor_kind, ActorKind::System);
    assert_eq!(event.subject_id, Some(id.to_string()));
    assert_eq!(event.after.as_deref(), Some(r#"{"paused":true}"#));
    let credentials = accounts.service.credentials().await.unwrap();
    assert!(credentials.is_empty(), "the engine no longer gets it");
}

#[tokio::test]
async fn an_account_is_paused_after_three_rejections_while_another_serves() {
    let accounts = Accounts::open().await;
    let (dead, good) = (
        accounts.add("dead", HERE).await,
        accounts.add("good", HERE).await,
    );

    accounts.rejected(dead, 1).await;
    accounts.request(good, None).await;
    accounts.rejected(dead, 1).await;
    assert_eq!(accounts.paused_at(dead).await, None);
    accounts.rejected(dead, 1).await;

    assert!(accounts.paused_at(dead).await.is_some());
    assert_eq!(accounts.paused_at(good).await, None);
}

#[tokio::test]
async fn an_account_elsewhere_is_no_evidence_for_the_provider() {
    let accounts = Accounts::open().await;
    let dead = accounts.add("dead", HERE).await;
    let elsewhere = accounts.add("elsewhere", "https://elsewhere.example").await;

    accounts.rejected(dead, 2).await;
    accounts.request(elsewhere, None).await;
    accounts.rejected(dead, 1).await;

    assert_eq!(accounts.paused_at(dead).await, None);
}

#[tokio::test]
async fn an_outage_that_rejects_every_account_pauses_none_for_a_day() {
    let accounts = Accounts::open().await;
    let all = [
        accounts.add("one", HERE).await,
        accounts.add("two", HERE).await,
    ];

    for _ in 0..23 {
        for id in all {
            accounts.rejected(id, 3).await;
        }
        accounts.advance(60);
    }
    for id in all {
        assert_eq!(accounts.paused_at(id).await, None);
    }
    // The provider is back, and serves one of them.
    accounts.request(all[0], None).await;
    accounts.rejected(all[1], 1).await;

    assert_eq!(accounts.paused_at(all[0]).await, None);
    assert!(accounts.paused_at(all[1]).await.is_some());
}

#[tokio::test]
async fn a_served_request_or_another_error_starts_the_count_again() {
    let accounts = Accounts::open().await;
    let id = accounts.add("only", HERE).await;

    for accepted in [None, Some(429)] {
        accounts.rejected(id, 2).await;
        accounts.request(id, accepted).await;
        accounts.advance(60);
        accounts.rejected(id, 2).await;
        assert_eq!(accounts.paused_at(id).await, None, "{accepted:?}");
        accounts.request(id, None).await;
    }
    for status in [403, 500, 0] {
        for _ in 0..20 {
            accounts.request(id, Some(status)).await;
            accounts.advance(1);
        }
    }
    assert_eq!(accounts.paused_at(id).await, None);
}

#[tokio::test]
async fn a_sign_in_whose_refresh_is_rejected_is_paused_and_a_passing_report_pauses_nothing() {
    let accounts = Accounts::open().await;
    let account = accounts.sign_in().await;
    let report = |unavailable: bool| {
        let reported = EngineAccount {
            message: Some("unauthorized".to_owned()),
            unavailable,
            ..EngineAccount::default()
        };
        let file = account.file_name.clone().unwrap();
        EngineAccounts {
            by_file: [(file, reported)].into(),
        }
    };
    let look = async |unavailable| {
        let reported = report(unavailable);
        accounts
            .service
            .record_lost_sign_ins(&reported)
            .await
            .unwrap();
        accounts.paused_at(account.id).await
    };

    for _ in 0..5 {
        assert_eq!(look(true).await, None);
        accounts.advance(2);
    }
    assert_eq!(look(false).await, None, "it was refreshed");
    accounts.advance(60);
    for _ in 0..3 {
        assert_eq!(look(true).await, None);
        accounts.advance(4);
    }
    assert!(look(true).await.is_some());

    let reason = accounts.row(account.id).await.pause_reason.unwrap();
    assert!(reason.contains("sign in again"), "{reason}");
    let again = accounts.sign_in().await;
    assert_eq!((again.id, again.paused_at), (account.id, None));
}

#[tokio::test]
async fn a_pause_and_the_last_error_survive_a_restart() {
    let accounts = Accounts::open().await;
    let id = accounts.add("only", HERE).await;
    accounts.pause(id).await;

    let accounts = accounts.restarted().await;

    assert_eq!(accounts.status(id).await, AccountStatus::Paused);
    let row = accounts.row(id).await;
    assert_eq!(row.last_error.as_deref(), Some("status 401"));
    assert_eq!(row.last_error_status, Some(401));
    assert_eq!(row.last_error_at, Some(accounts.clock.now()));
}

#[tokio::test]
async fn a_new_key_another_address_and_enabling_end_a_pause_and_a_label_does_not() {
    let changes = || ProviderAccountChanges::default();
    let endings = [
        ProviderAccountChanges {
            api_key: Some("sk-ant-new-0123456789".into()),
            ..changes()
        },
        ProviderAccountChanges {
            base_url: Patch::Set(format!("{HERE}/v2")),
            ..changes()
        },
        ProviderAccountChanges {
            enabled: Some(true),
            ..changes()
        },
    ];
    let accounts = Accounts::open().await;
    let id = accounts.add("only", HERE).await;
    for end in endings {
        accounts.pause(id).await;
        let label = ProviderAccountChanges {
            label: Some("renamed".to_owned()),
            ..changes()
        };
        let renamed = accounts
            .service
            .update(test_context(), id, None, label)
            .await;
        assert!(renamed.unwrap().paused_at.is_some());

        let ended = accounts.service.update(test_context(), id, None, end).await;

        assert_eq!(ended.unwrap().paused_at, None);
        // Earlier rejections no longer count.
        accounts.advance(60);
        accounts.rejected(id, 2).await;
        accounts.advance(60);
        assert_eq!(accounts.paused_at(id).await, None);
    }
}

#[tokio::test]
async fn a_resumed_account_is_paused_again_only_by_new_rejections() {
    let accounts = Accounts::open().await;
    let id = accounts.add("only", HERE).await;
    accounts.pause(id).await;

    let resumed = accounts.service.resume(test_context(), id).await.unwrap();
    let again = accounts.service.resume(test_context(), id).await.unwrap();

    assert_eq!((resumed.paused_at, resumed.check_failure), (None, None));
    assert_eq!(again.paused_at, None);
    assert_eq!(accounts.service.credentials().await.unwrap().len(), 1);
    accounts.pause(id).await;
}

#[tokio::test]
async fn requests_in_flight_during_a_new_sign_in_do_not_pause_it() {
    let accounts = Accounts::open().await;
    let id = accounts.sign_in().await.id;
    accounts.pause(id).await;

    accounts.sign_in().await;
    accounts.clock.advance(TimeDelta::seconds(9));
    accounts.rejected(id, 20).await;
    accounts.advance(10);
    accounts.rejected(id, 2).await;

    assert_eq!(accounts.paused_at(id).await, None);
    let row = accounts.row(id).await;
    assert_eq!(
        row.check_failure.as_deref(),
        Some("the provider rejected the credentials (HTTP 401)")
    );
}

#[tokio::test]
async fn a_disabled_account_is_not_paused() {
    let accounts = Accounts::open().await;
    let id = accounts.add("only", HERE).await;
    accounts.rejected(id, 3).await;
    accounts.advance(10);
    let disable = ProviderAccountChanges {
        enabled: Some(false),
        ..ProviderAccountChanges::default()
    };
    accounts
        .service
        .update(test_context(), id, None, disable)
        .await
        .unwrap();

    // A request that was in flight.
    accounts.rejected(id, 1).await;

    assert_eq!(accounts.paused_at(id).await, None);
    assert_eq!(accounts.status(id).await, AccountStatus::Disabled);
}
