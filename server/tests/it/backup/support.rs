//! A database with some rows in every table, the backup commands, and a dump of all rows.

use std::path::{Path, PathBuf};

use entity::{admin::Role, provider_account::ProviderKind};
use proxypal_server::{
    config::SecretsConfig,
    domain::{provider_accounts::NewProviderApiKey, users::NewUser},
};
use sea_orm::{
    Database, DatabaseConnection, EntityTrait as _, Iterable as _, PrimaryKeyToColumn as _,
    QueryOrder as _,
};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::support::{
    Caller, Options, TestApp, TestDatabase, code, eventually,
    server::{ENCRYPTION_KEY, bare_server, run},
    test_context,
};

/// Seals the backups of the tests.
pub(super) const PHRASE: &str = "canary-phrase-of-backups";
/// Values that no backup may contain.
pub(crate) const PROVIDER_KEY: &str = "sk-ant-canary-0123456789-abcdef";

/// A server that makes backups.
pub(super) async fn start(database: TestDatabase) -> TestApp {
    let secrets = SecretsConfig {
        encryption_key: Some(ENCRYPTION_KEY.into()),
        backup_passphrase: Some(PHRASE.into()),
        ..SecretsConfig::default()
    };
    let options = Options {
        secrets,
        ..Options::default()
    };
    TestApp::start(options.with("--engine=demo"), database).await
}

/// A user who sends a request, and returns their key.
pub(super) async fn use_it(app: &TestApp, name: &str) -> String {
    let new = NewUser {
        name: name.to_owned(),
        ..NewUser::default()
    };
    let (_, issued) = app
        .services
        .users
        .create(test_context(), new)
        .await
        .unwrap();
    let secret = issued.secret.expose_secret().to_owned();
    let mut records = app.records().await;
    let body = json!({ "model": "demo", "messages": [{ "role": "user", "content": "hello" }] });
    let request = app.http.post(app.url("/v1/chat/completions"));
    let answer = request
        .bearer_auth(&secret)
        .json(&body)
        .send()
        .await
        .unwrap();
    answer.bytes().await.unwrap();
    let user_id = app.caller(&secret).user_id;
    while records.next().await.user_id != user_id {}
    secret
}

/// A database with a user, a request, sums and a sealed account, that no server runs on.
pub(crate) async fn filled() -> TestDatabase {
    let app = start(TestDatabase::empty().await).await;
    app.engine_is(proxypal_server::engine::EngineState::Running)
        .await;
    use_it(&app, "Ada").await;
    let account = NewProviderApiKey {
        kind: ProviderKind::Claude,
        api_key: PROVIDER_KEY.into(),
        label: None,
        base_url: None,
        headers: Vec::new(),
        models: Vec::new(),
        prefix: None,
    };
    let accounts = &app.services.provider_accounts;
    accounts.add_api_key(test_context(), account).await.unwrap();
    let token = app
        .services
        .api_tokens
        .create(test_context(), "script", Role::Owner, None);
    let secret = token.await.unwrap().secret;
    let owner = Caller::new(app.address).with_bearer(secret.expose_secret());
    let change = "mutation { updateSettings(input: { retentionDays: 30 }, expectedVersion: 0) { __typename } }";
    assert_eq!(code(&owner.ask(change).await), "");
    app.stop().await
}

/// How a command ended, and what it said.
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) said: String,
}

/// Runs `backup …` on this database with the right secrets.
pub(super) async fn backup(home: &TestDatabase, arguments: &[&str]) -> Ended {
    backup_with(home, arguments, &[]).await
}

/// The same with other secrets.
pub(super) async fn backup_with(
    home: &TestDatabase,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Ended {
    let mut command = bare_server(home);
    command
        .env("ENCRYPTION_KEY", ENCRYPTION_KEY)
        .env("BACKUP_PASSPHRASE", PHRASE)
        .envs(environment.iter().copied())
        .arg("backup")
        .args(arguments);
    let ended = run(&mut command).await;
    Ended {
        code: ended.status.code(),
        said: String::from_utf8([ended.stdout, ended.stderr].concat()).unwrap(),
    }
}

/// Makes a backup; returns its path.
pub(super) async fn create(home: &TestDatabase) -> PathBuf {
    let made = backup(home, &["create"]).await;
    assert_eq!(made.code, Some(0), "{}", made.said);
    PathBuf::from(made.said.lines().next().unwrap())
}

/// Every file in the directory of backups except the lock.
pub(super) fn files(home: &TestDatabase) -> Vec<String> {
    let Ok(entries) = home.directory.path().join("backups").read_dir() else {
        return Vec::new();
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != ".lock").collect();
    names.sort();
    names
}

/// The files of one backup, as [`files`] lists them.
pub(super) fn names_of(made: &Path) -> [String; 2] {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    [name(made), name(&made.with_extension("json"))]
}

/// Every row of every table, as text.
pub(super) async fn everything(home: &TestDatabase) -> Vec<String> {
    let database = Database::connect(&home.url).await.unwrap();
    let rows = rows(&database).await;
    database.close().await.unwrap();
    rows
}

macro_rules! rows_of {
    ($database:expr, $($table:ident),*) => {{
        let mut rows = Vec::new();
        $(
            let mut query = entity::$table::Entity::find();
            for key in entity::$table::PrimaryKey::iter() {
                query = query.order_by_asc(key.into_column());
            }
            let found = query.all($database).await.unwrap();
            rows.extend(found.iter().map(|row| format!("{} {row:?}", stringify!($table))));
        )*
        rows
    }};
}

async fn rows(database: &DatabaseConnection) -> Vec<String> {
    rows_of!(
        database,
        setting,
        secret,
        ledger_batch,
        price,
        model_alias,
        admin,
        session,
        api_token,
        user,
        api_key,
        provider_account,
        quota,
        quota_bucket,
        request,
        usage_rollup,
        usage_slice,
        recovery_code,
        provider_login,
        audit_event,
        notification_channel,
        notification_rule,
        notification_condition,
        notification
    )
}

/// Waits until the engine's report, which comes a moment after a request, changes nothing any more.
pub(super) async fn settled(home: &TestDatabase) -> Vec<String> {
    let mut before = everything(home).await;
    eventually("the books at rest", async || {
        let now = everything(home).await;
        let rests = now == before;
        before.clone_from(&now);
        rests.then_some(now)
    })
    .await
}

/// A copy of a file with another ending and other bytes.
pub(super) fn changed(path: &Path, ending: &str, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    let copy = path.with_extension(ending);
    std::fs::write(&copy, bytes).unwrap();
    copy
}
