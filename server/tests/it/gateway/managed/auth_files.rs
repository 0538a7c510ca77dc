//! Signed-in accounts: the engine refreshes their tokens, and none is ever lost.

use std::{path::PathBuf, time::Instant};

use entity::provider_account::{self, ProviderKind};
use proxypal_server::domain::{
    patch::Patch,
    provider_accounts::{AccountStatus, CredentialSecret, NewAuthFile, ProviderAccountChanges},
};
use proxypal_server::engine::EngineHandle;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Delivery, Managed, Protocol};
use crate::support::{
    Options, TestApp, TestDatabase, eventually,
    programs::engine_binary,
    server::auth_dir,
    test_context,
    token_endpoint::{TokenEndpoint, number},
};

/// A server with an engine of its own and nothing more.
async fn start(home: TestDatabase) -> TestApp {
    let binary = format!("--engine-binary={}", engine_binary().display());
    let options = Options::default().with("--engine=managed").with(&binary);
    TestApp::start(options, home).await
}

async fn sign_in(
    app: &TestApp,
    kind: ProviderKind,
    content: Map<String, Value>,
) -> provider_account::Model {
    let new = NewAuthFile {
        kind,
        label: None,
        email: None,
        plan: None,
        file_name: None,
        content,
        expires_at: None,
    };
    let accounts = &app.services.provider_accounts;
    accounts.save_auth_file(test_context(), new).await.unwrap()
}

/// The sealed secret of an enabled account.
async fn sealed(app: &TestApp, id: Uuid) -> Option<Map<String, Value>> {
    let credentials = app.services.provider_accounts.credentials().await.unwrap();
    let credential = credentials
        .into_iter()
        .find(|credential| credential.account_id == id)?;
    let CredentialSecret::AuthFile { json, .. } = credential.secret else {
        panic!("an auth file");
    };
    serde_json::from_str(json.expose_secret()).unwrap()
}

fn path(app: &TestApp, account: &provider_account::Model) -> PathBuf {
    auth_dir(&app.database).join(account.file_name.as_ref().unwrap())
}

/// The content of the file, unless it is being written.
fn on_disk(path: &PathBuf) -> Option<Map<String, Value>> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

fn file_of_claude(name: &str) -> Map<String, Value> {
    let file = json!({"type": "claude", "email": format!("{name}@example.org"), "access_token": "a",
        "refresh_token": "r", "expired": "2099-01-01T00:00:00Z"});
    file.as_object().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn refreshed_tokens_are_sealed_and_survive_an_empty_disk() {
    let endpoint = TokenEndpoint::start().await;
    let app = start(TestDatabase::create().await).await;
    let file = endpoint.ending_sign_in("http://127.0.0.1:9/v1");
    let account = sign_in(&app, ProviderKind::Xai, file).await;

    let kept = eventually("a sealed refresh", async || {
        let kept = number(&sealed(&app, account.id).await?);
        (kept >= 2).then_some(kept)
    })
    .await;
    let home = app.stop().await;
    let left = std::fs::exists(auth_dir(&home)).unwrap();
    let app = start(home).await;
    let restored = eventually("the file", async || on_disk(&path(&app, &account))).await;

    assert!(!left, "unused tokens are stored in plain text");
    assert!(number(&restored) >= kept);
    eventually("another refresh", async || {
        (endpoint.remembered().presented > number(&restored)).then_some(())
    })
    .await;
    assert_eq!(endpoint.remembered().replays, 0);
    let row = app
        .services
        .provider_accounts
        .list()
        .await
        .unwrap()
        .remove(0);
    assert!(row.refreshed_at.is_some() && row.expires_at > row.refreshed_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_has_the_signed_in_account_that_served() {
    let mut managed = Managed::start().await;
    let endpoint = TokenEndpoint::start().await;
    let file = endpoint.ending_sign_in(&format!("{}/codex", managed.provider.url));
    let account = sign_in(&managed.app, ProviderKind::Xai, file).await;
    managed.lists("grok-4.3", true).await;

    let mut body = Protocol::Responses.body(Delivery::Streamed, "hello");
    body["model"] = json!("grok-4.3");
    let request = managed.app.http.post(managed.app.url("/v1/responses"));
    let answer = request
        .bearer_auth(&managed.key)
        .json(&body)
        .send()
        .await
        .unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    let record = managed.next_record().await;
    let record = managed.reconciled(record.id).await;

    assert_eq!(status, 200, "{text}");
    assert_eq!(record.account_id, Some(account.id));
    assert_eq!(record.provider, Some(ProviderKind::Xai));
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_an_account_reach_its_file_and_removal_deletes_it() {
    let app = start(TestDatabase::create().await).await;
    let accounts = &app.services.provider_accounts;
    let account = sign_in(&app, ProviderKind::Claude, file_of_claude("ada")).await;
    let path = path(&app, &account);
    eventually("the file", async || on_disk(&path)).await;

    let disable = ProviderAccountChanges {
        enabled: Some(false),
        ..ProviderAccountChanges::default()
    };
    accounts
        .update(test_context(), account.id, None, disable)
        .await
        .unwrap();
    eventually("the mark", async || {
        (on_disk(&path)?["disabled"] == true).then_some(())
    })
    .await;
    let through_proxy = ProviderAccountChanges {
        proxy_url: Patch::Set("http://user:secret@proxy".into()),
        ..ProviderAccountChanges::default()
    };
    accounts
        .update(test_context(), account.id, None, through_proxy)
        .await
        .unwrap();
    eventually("the proxy", async || {
        on_disk(&path)?.get("proxy_url").cloned()
    })
    .await;
    accounts.remove(test_context(), account.id).await.unwrap();
    eventually("the removal", async || (!path.exists()).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_copy_in_the_directory_is_replaced_by_the_newest_tokens() {
    let endpoint = TokenEndpoint::start().await;
    let app = start(TestDatabase::create().await).await;
    let file = endpoint.ending_sign_in("http://127.0.0.1:9/v1");
    let account = sign_in(&app, ProviderKind::Xai, file).await;
    let path = path(&app, &account);
    let copy = eventually("the file", async || on_disk(&path)).await;
    // Two later, the provider refuses the copy's token, so the copy cannot have been refreshed.
    let kept = eventually("sealed refreshes", async || {
        let kept = number(&sealed(&app, account.id).await?);
        (kept >= number(&copy) + 2).then_some(kept)
    })
    .await;

    std::fs::write(&path, Value::Object(copy).to_string()).unwrap();

    eventually("the newest tokens", async || {
        (number(&on_disk(&path)?) >= kept).then_some(())
    })
    .await;
    assert!(number(&sealed(&app, account.id).await.unwrap()) >= kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_made_by_the_engine_is_adopted() {
    let app = start(TestDatabase::create().await).await;
    let accounts = &app.services.provider_accounts;
    eventually("the directory", async || {
        auth_dir(&app.database).exists().then_some(())
    })
    .await;
    let mut file = file_of_claude("bob");
    file.insert("type".to_owned(), "antigravity".into());
    file.insert("project_id".to_owned(), "p".into());
    let path = auth_dir(&app.database).join("antigravity-bob@example.org.json");

    std::fs::write(&path, Value::Object(file).to_string()).unwrap();

    let account = eventually("the account", async || accounts.list().await.unwrap().pop()).await;
    assert_eq!(account.kind, ProviderKind::Gemini);
    assert_eq!(account.email.as_deref(), Some("bob@example.org"));
    eventually("our stamp", async || {
        on_disk(&path)?.get("proxypal").cloned()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_accounts_are_rendered_together_and_one_change_arrives_soon() {
    const ACCOUNTS: usize = 200;
    let app = start(TestDatabase::create().await).await;
    let accounts = &app.services.provider_accounts;
    let mut last = None;
    for number in 0..ACCOUNTS {
        let file = file_of_claude(&format!("user-{number}"));
        last = Some(sign_in(&app, ProviderKind::Claude, file).await);
    }
    let last = last.unwrap();
    eventually("all files", async || {
        let files = std::fs::read_dir(auth_dir(&app.database)).ok()?.flatten();
        let files = files.filter(|file| !file.file_name().to_string_lossy().starts_with('.'));
        (files.count() == ACCOUNTS).then_some(())
    })
    .await;

    let began = Instant::now();
    assert_eq!(accounts.credentials().await.unwrap().len(), ACCOUNTS);
    let rendered = began.elapsed();
    let began = Instant::now();
    let disable = ProviderAccountChanges {
        enabled: Some(false),
        ..ProviderAccountChanges::default()
    };
    accounts
        .update(test_context(), last.id, None, disable)
        .await
        .unwrap();
    eventually("the change", async || {
        (on_disk(&path(&app, &last))?["disabled"] == true).then_some(())
    })
    .await;
    let arrived = began.elapsed();

    eprintln_measured(rendered, arrived);
    assert!(rendered.as_millis() < 1000, "{rendered:?}");
    assert!(arrived.as_secs() < 5, "{arrived:?}");
}

#[expect(
    clippy::print_stderr,
    reason = "the measured figures are what one runs this for"
)]
fn eprintln_measured(rendered: std::time::Duration, arrived: std::time::Duration) {
    eprintln!("200 accounts opened and rendered in {rendered:?}; a change arrived in {arrived:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cooling_account_reports_until_when_and_is_used_immediately_after_a_reset() {
    let app = start(TestDatabase::create().await).await;
    let mut file = file_of_claude("ada");
    file.insert(
        "double_cools_until".to_owned(),
        "2099-01-01T00:00:00Z".into(),
    );
    let account = sign_in(&app, ProviderKind::Claude, file).await;
    let (accounts, engine) = (&app.services.provider_accounts, &app.services.engine);
    let state = async || {
        let reported = engine.accounts().await?;
        Some(accounts.state(&account, Some(&reported)))
    };
    let is = async |status| {
        eventually("the status", async || {
            let state = state().await?;
            (state.status == status).then_some(state)
        })
        .await
    };
    // Only the double can be made to cool without a provider.
    if engine_binary().ends_with("engine_double") {
        let cooling = is(AccountStatus::Cooling).await;
        assert_eq!(
            cooling.until.unwrap().to_rfc3339(),
            "2099-01-01T00:00:00+00:00"
        );
    }

    is_listed(engine, &account).await;
    let credential = accounts.credential(account.id).await.unwrap();
    engine.reset_cooldown(&credential).await.unwrap();

    is(AccountStatus::Active).await;
}

/// Waits until the engine works with an account.
async fn is_listed(engine: &EngineHandle, account: &provider_account::Model) {
    let name = account.file_name.as_ref().unwrap();
    eventually("the engine's list", async || {
        engine.accounts().await?.by_file.get(name).map(drop)
    })
    .await;
}
