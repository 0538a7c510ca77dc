//! The health of accounts: what checks of providers report, and how requests failed.

use std::time::Duration;

use chrono::TimeDelta;
use entity::provider_account::ProviderKind;
use proxypal_server::domain::provider_accounts::{AccountState, AccountStatus};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Delivery, Managed, Protocol};
use crate::support::{
    TestDatabase, eventually,
    operator::Operator,
    provider::Provider,
    server::{PASSWORD, Server, managing, server},
    test_context,
};

const IMPORT: &str = "mutation($files: [ImportedFileInput!]!) { importProviderAccount(files: $files) \
    { accounts { id } problems { message } } }";
const CHECK: &str = "mutation($kind: ProviderKind, $id: ID) { checkProviderHealth(kind: $kind, accountId: $id) \
    { results { healthy error account { label plan status checkedAt windowsReportedAt \
      windows { name usedPercent resetsAt } } } } }";

impl Managed {
    async fn state(&self, id: Uuid) -> AccountState {
        let services = &self.app.services;
        let account = services.provider_accounts.get(id).await.unwrap();
        let reported = services.engine.accounts().await;
        services
            .provider_accounts
            .state(&account, reported.as_deref())
    }

    /// An account that serves, and what it is called by.
    pub(super) async fn account_of(&self, kind: ProviderKind) -> Uuid {
        let accounts = self.app.services.provider_accounts.list().await.unwrap();
        let mut accounts = accounts.into_iter();
        accounts.find(|account| account.kind == kind).unwrap().id
    }
}

fn sign_in(account: &str, token: &str) -> Value {
    let content = json!({
        "type": "claude", "email": format!("{account}@example.org"),
        "access_token": format!("sk-ant-oat-canary-{token}"),
        "refresh_token": format!("sk-ant-ort-canary-{account}"),
        "expired": "2099-01-01T00:00:00Z", "last_refresh": "2026-11-01T00:00:00Z",
    });
    json!({"name": format!("{account}.json"), "content": content.to_string()})
}

/// Asks until the engine works with the accounts: it reads their files in its own time.
async fn check_of_claude(operator: &Operator) -> Vec<Value> {
    eventually("an engine that knows both", async || {
        let checked = operator.ask(CHECK, json!({"kind": "CLAUDE"})).await;
        let results = checked["checkProviderHealth"]["results"]
            .as_array()?
            .clone();
        let were_asked = |result: &Value| result["account"]["checkedAt"].is_string();
        (results.len() == 2 && results.iter().all(were_asked)).then_some(results)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_reports_windows_and_refused_sign_ins_without_tokens() {
    let (home, provider) = (TestDatabase::create().await, Provider::start().await);
    let mut command = server(&home);
    command.env("OAUTH_CLAUDE_CHECK_URL", format!("{}/usage", provider.url));
    let running = Server::start(managing(&mut command)).await;
    running.engine_runs().await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    let files = json!([sign_in("ada", "good"), sign_in("bob", "revoked")]);
    let imported = operator.ask(IMPORT, json!({ "files": files })).await;
    assert_eq!(imported["importProviderAccount"]["problems"], json!([]));

    let results = check_of_claude(&operator).await;

    let of = |healthy: bool| {
        let mut all = results.iter();
        all.find(|result| result["healthy"] == healthy).unwrap()
    };
    assert_eq!(of(true)["account"]["status"], "ACTIVE");
    assert_eq!(
        of(true)["account"]["windows"],
        json!([
            {"name": "five_hour", "usedPercent": 42, "resetsAt": "2030-01-01T00:00:00Z"},
            {"name": "seven_day", "usedPercent": 7, "resetsAt": null},
        ])
    );
    assert_eq!(of(true)["account"]["plan"], "team");
    assert_eq!(of(false)["account"]["status"], "FAILING");
    assert!(of(false)["error"].as_str().unwrap().contains("HTTP 401"));
    assert_eq!(of(false)["account"]["windows"], json!([]));
    assert!(
        !json!(results).to_string().contains("canary"),
        "{results:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_finds_a_revoked_key_before_a_request_does() {
    let managed = Managed::start().await;
    let services = &managed.app.services;
    for protocol in Protocol::ALL {
        let mut revoked = managed.provider.account(protocol.kind(), "spare");
        revoked.api_key = "sk-canary-revoked-0123456789".into();
        managed.add(revoked).await;
    }

    let checked = services.checkup.check_all(None).await.unwrap();

    assert_eq!(checked.len(), 8);
    for one in checked {
        let state = managed.state(one.account.id).await;
        let is_spare = one.account.label.contains("spare");
        let expected = if is_spare {
            AccountStatus::Failing
        } else {
            AccountStatus::Active
        };
        assert_eq!(state.status, expected, "{}: {state:?}", one.account.label);
        assert_eq!(one.refusal, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_unhealthy_from_a_refused_request_to_a_served_one() {
    let managed = Managed::start().await;
    let id = managed.account_of(ProviderKind::Claude).await;
    let services = &managed.app.services;

    let refused = managed
        .ask(Protocol::Messages, Delivery::Whole, "usage:error=403")
        .await;
    let sick = eventually("a sick account", async || {
        let state = managed.state(id).await;
        (state.status == AccountStatus::Failing).then_some(state)
    })
    .await;
    // The verdict is stored, so that a restart does not turn the account green.
    let stored = eventually("a stored verdict", async || {
        let account = services.provider_accounts.get(id).await.unwrap();
        account.check_failure
    })
    .await;
    let credential = services.provider_accounts.credential(id).await.unwrap();
    services.engine.reset_cooldown(&credential).await.unwrap();
    let served = managed
        .ask(Protocol::Messages, Delivery::Whole, "usage:output=1")
        .await;

    assert_eq!(refused.status(), 403);
    assert!(sick.reason.unwrap().contains("HTTP 403"));
    assert!(stored.contains("HTTP 403"));
    assert_eq!(served.status(), 200);
    eventually("a sound account", async || {
        (managed.state(id).await.status == AccountStatus::Active).then_some(())
    })
    .await;
    eventually("a cleared verdict", async || {
        let account = services.provider_accounts.get(id).await.unwrap();
        account.check_failure.is_none().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_account_of_a_model_serves_again_soon_after_one_refusal() {
    let managed = Managed::start().await;
    managed.app.without_rate_limit().await;
    let ask = async |script: &str| managed.ask(Protocol::Chat, Delivery::Whole, script).await;

    let refused = ask("usage:error=401").await;
    let passed_over = ask("usage:output=1").await;

    assert_eq!(refused.status(), 401);
    assert_eq!(passed_over.status(), 503);
    let seconds = passed_over.headers()["retry-after"].to_str().unwrap();
    assert!(
        (1..=60).contains(&seconds.parse::<u32>().unwrap()),
        "{seconds}"
    );
    let body: Value = passed_over.json().await.unwrap();
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("providers="), "{message}");
    assert!(message.contains(Protocol::Chat.model()), "{message}");
    eventually("an account that serves", async || {
        (ask("usage:output=1").await.status() == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_checked_on_the_schedule_of_the_settings_and_not_by_default() {
    let managed = Managed::start().await;
    let services = &managed.app.services;
    assert_eq!(services.checkup.check_due().await.unwrap(), 0);

    let set = services.settings.update(
        test_context(),
        services.settings.current().version,
        |gateway| {
            gateway.account_check_minutes = 30;
        },
    );
    set.await.unwrap();
    let first = services.checkup.check_due().await.unwrap();
    let second = services.checkup.check_due().await.unwrap();

    assert_eq!((first, second), (4, 0));
    let accounts = services.provider_accounts.list().await.unwrap();
    let now = services.clock.now();
    let lately = |at| now - at < TimeDelta::from_std(Duration::from_mins(1)).unwrap();
    assert!(
        accounts
            .iter()
            .all(|account| account.checked_at.is_some_and(lately))
    );
}
