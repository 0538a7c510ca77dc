//! Alerts about provider accounts.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::provider_account::{
    self, CredentialKind, Entity as ProviderAccount, ProviderKind, ProviderModels,
};
use proxypal_server::{
    clock::Clock as _,
    domain::provider_accounts::{EngineAttempt, Finding, NewProviderApiKey},
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, Database, EntityTrait as _, IntoActiveModel as _,
};
use uuid::Uuid;

use super::{ended, open, watcher};
use crate::support::{
    Caller, ManualClock, Options, PASSWORD, Script, TestApp, TestDatabase, scripted, test_context,
};

/// A server before an engine that runs, with a manual clock.
struct Accounts {
    app: TestApp,
    clock: Arc<ManualClock>,
    admin: Caller,
}

impl Accounts {
    async fn start() -> Self {
        let clock = Arc::new(ManualClock::default());
        let mut options = Options {
            clock: clock.clone(),
            ..Options::default()
        };
        options.secrets.admin_password = Some(PASSWORD.into());
        let engine = scripted(Script::new()).await;
        let app = TestApp::with_data(TestDatabase::create().await, engine, options).await;
        let mut admin = Caller::new(app.address);
        admin.sign_in(PASSWORD).await;
        Self { app, clock, admin }
    }

    async fn evaluate(&self) {
        watcher(&self.app.services).evaluate().await.unwrap();
    }

    async fn add_key(&self) -> Uuid {
        let new = NewProviderApiKey {
            kind: ProviderKind::Claude,
            api_key: "sk-ant-canary-0123456789".into(),
            label: Some("work".to_owned()),
            base_url: None,
            headers: Vec::new(),
            models: Vec::new(),
            prefix: None,
        };
        let accounts = &self.app.services.provider_accounts;
        accounts.add_api_key(test_context(), new).await.unwrap().id
    }

    /// A sign-in of eight hours that was issued now.
    async fn add_sign_in(&self) -> Uuid {
        let now = self.clock.now();
        let account = provider_account::ActiveModel {
            id: Set(Uuid::now_v7()),
            kind: Set(ProviderKind::Claude),
            credential: Set(CredentialKind::AuthFile),
            label: Set("home".to_owned()),
            sealed: Set(Vec::new()),
            last_four: Set(String::new()),
            models: Set(ProviderModels::default()),
            enabled: Set(true),
            expires_at: Set(Some(now + TimeDelta::hours(8))),
            refreshed_at: Set(Some(now)),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        let database = Database::connect(&self.app.database.url).await.unwrap();
        let account = account.insert(&database).await.unwrap();
        database.close().await.unwrap();
        account.id
    }

    /// Extends a sign-in by eight hours, as a refresh does.
    async fn refresh(&self, id: Uuid) {
        let database = Database::connect(&self.app.database.url).await.unwrap();
        let account = ProviderAccount::find_by_id(id)
            .one(&database)
            .await
            .unwrap();
        let mut account = account.unwrap().into_active_model();
        account.refreshed_at = Set(Some(self.clock.now()));
        account.expires_at = Set(Some(self.clock.now() + TimeDelta::hours(8)));
        account.update(&database).await.unwrap();
        database.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_account_raises_an_alert_until_it_works() {
    let accounts = Accounts::start().await;
    let id = accounts.add_key().await;
    let record = async |failure: Option<&str>| {
        let finding = Finding {
            failure: failure.map(str::to_owned),
            ..Finding::default()
        };
        let service = &accounts.app.services.provider_accounts;
        service.record_check(id, finding).await.unwrap();
        accounts.evaluate().await;
    };

    record(Some("the provider rejected the credentials (HTTP 401)")).await;
    let raised = open(&accounts.admin, "ACCOUNT_FAILING").await.unwrap();
    record(None).await;

    assert_eq!(raised["severity"], "CRITICAL");
    assert_eq!(raised["subject"]["id"], id.to_string());
    assert_eq!(raised["subject"]["name"], "work");
    assert_eq!(raised["detail"]["provider"], "CLAUDE");
    assert_eq!(
        raised["message"],
        "account work (claude) is failing: the provider rejected the credentials (HTTP 401)"
    );
    assert_eq!(open(&accounts.admin, "ACCOUNT_FAILING").await, None);
    assert_eq!(ended(&accounts.admin, "ACCOUNT_FAILING").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_in_cooldown_raises_an_alert_until_the_cooldown_ends() {
    let accounts = Accounts::start().await;
    let attempt = EngineAttempt {
        account_id: accounts.add_key().await,
        at: accounts.clock.now(),
        failure: Some(429),
        message: None,
    };
    let service = &accounts.app.services.provider_accounts;
    service.record_attempts(&[attempt]).await;

    accounts.evaluate().await;
    let raised = open(&accounts.admin, "ACCOUNT_COOLING").await.unwrap();
    accounts.clock.advance(TimeDelta::seconds(61));
    accounts.evaluate().await;

    assert_eq!(raised["severity"], "WARNING");
    assert_eq!(raised["detail"]["until"], "2026-06-01T12:01:00Z");
    assert_eq!(open(&accounts.admin, "ACCOUNT_COOLING").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_raises_an_alert_before_it_expires_and_another_once_it_has() {
    let accounts = Accounts::start().await;
    let id = accounts.add_sign_in().await;
    let found = async || {
        accounts.evaluate().await;
        let admin = &accounts.admin;
        [
            open(admin, "ACCOUNT_EXPIRING").await.is_some(),
            open(admin, "ACCOUNT_SIGN_IN_INVALID").await.is_some(),
        ]
    };

    let fresh = found().await;
    accounts.clock.advance(TimeDelta::minutes(7 * 60 + 40));
    let late = found().await;
    accounts.clock.advance(TimeDelta::minutes(30));
    let expired = found().await;
    accounts.refresh(id).await;
    let refreshed = found().await;

    assert_eq!(
        [fresh, late, expired, refreshed],
        [[false, false], [true, false], [false, true], [false, false]]
    );
}
