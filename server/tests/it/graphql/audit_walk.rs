//! The promise that every mutation is in the audit: each mutation of the schema is run against a whole server,
//! and the events that it records are compared with what is documented here.

use std::collections::BTreeSet;

use entity::audit_event;
use proxypal_server::engine::EngineState;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use super::access::{operations, types};
use crate::support::{
    Caller, Options, PASSWORD, TestApp, TestDatabase, eventually, programs::example,
    provider::Provider, test_context,
};

const NEW_PASSWORD: &str = "a-new-password-canary";
const INVITED_PASSWORD: &str = "an-invited-password-canary";
/// Fields of answers that hold secrets, in whichever payload.
const SECRET_FIELDS: [&str; 6] = [
    "secret",
    "signingSecret",
    "recoveryCodes",
    "setupUrl",
    "otpauthUri",
    "content",
];

/// An event that is expected: the kind of its subject, and the JSON pointer to the subject's id in the answer.
/// An empty kind is an event without a subject, an empty pointer any id.
type Expected = (&'static str, &'static str);

/// A server, its owner's browser, and what was run so far.
struct Walk {
    app: TestApp,
    owner: Caller,
    password: &'static str,
    covered: BTreeSet<String>,
    secrets: Vec<String>,
}

impl Walk {
    async fn start() -> Self {
        let mut options = Options::default().with("--engine=managed").with(&format!(
            "--engine-binary={}",
            example("engine_double").display()
        ));
        options.secrets.admin_password = Some(PASSWORD.into());
        options.secrets.backup_passphrase = Some("a-passphrase-canary".into());
        let app = TestApp::start(options, TestDatabase::create().await).await;
        app.engine_is(EngineState::Running).await;
        let mut owner = Caller::new(app.address);
        owner.sign_in(PASSWORD).await;
        Self {
            app,
            owner,
            password: PASSWORD,
            covered: BTreeSet::new(),
            secrets: vec![PASSWORD.to_owned()],
        }
    }

    /// Runs a mutation as the owner, and holds its events to what is expected.
    async fn run(
        &mut self,
        mutation: &str,
        arguments: &str,
        selection: &str,
        expected: &[Expected],
    ) -> Value {
        let owner = self.owner.clone();
        self.run_as(&owner, "admin", mutation, arguments, selection, expected)
            .await
    }

    async fn run_as(
        &mut self,
        caller: &Caller,
        actor: &str,
        mutation: &str,
        arguments: &str,
        selection: &str,
        expected: &[Expected],
    ) -> Value {
        let before = self.events().await.len();
        let arguments = match arguments {
            "" => String::new(),
            arguments => format!("({arguments})"),
        };
        let answer = caller
            .ask(&format!(
                "mutation {{ {mutation}{arguments} {{ {selection} }} }}"
            ))
            .await;
        assert!(answer["errors"].is_null(), "{mutation}: {answer}");
        let answer = answer["data"][mutation].clone();
        self.covered.insert(mutation.to_owned());
        collect_secrets(&answer, false, &mut self.secrets);

        let events = self.events().await.split_off(before);
        assert_eq!(events.len(), expected.len(), "{mutation}: {events:#?}");
        for (event, (kind, pointer)) in events.iter().zip(expected) {
            assert_eq!(event.action, mutation);
            assert_eq!(event.error, None, "{mutation}");
            assert_eq!(event.actor_name.as_deref(), Some(actor), "{mutation}");
            assert_eq!(event.address.as_deref(), Some("127.0.0.1"), "{mutation}");
            assert_eq!(event.subject_kind.as_deref().unwrap_or_default(), *kind);
            if !pointer.is_empty() {
                let id = answer.pointer(pointer).and_then(Value::as_str);
                assert_eq!(event.subject_id.as_deref(), id, "{mutation}: {answer}");
            }
        }
        answer
    }

    async fn events(&self) -> Vec<audit_event::Model> {
        self.app.database.audit_events().await
    }
}

/// Adds the texts of fields that hold secrets.
fn collect_secrets(answer: &Value, is_secret: bool, secrets: &mut Vec<String>) {
    match answer {
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_secret = is_secret || SECRET_FIELDS.contains(&name.as_str());
                collect_secrets(value, is_secret, secrets);
            }
        }
        Value::Array(items) => {
            for item in items {
                collect_secrets(item, is_secret, secrets);
            }
        }
        Value::String(text) if is_secret => secrets.push(text.clone()),
        _ => {}
    }
}

fn text(answer: &Value, pointer: &str) -> String {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    found
        .unwrap_or_else(|| panic!("{pointer}: {answer}"))
        .to_owned()
}

/// What an authenticator app shows.
fn totp(secret: &str) -> String {
    let totp = Builder::new()
        .with_secret(Secret::try_from_base32(secret).unwrap())
        .with_account_name("x")
        .build();
    let now = chrono::Utc::now().timestamp();
    totp.unwrap().generate(now.try_into().unwrap()).to_string()
}

/// What the engine's double is sent for a sign-in that a person consented to.
fn consented(login: &Value) -> String {
    let url: url::Url = text(login, "/login/authorizeUrl").parse().unwrap();
    let mut pairs = url.query_pairs();
    let state = pairs.find(|(name, _)| name == "state").unwrap().1;
    format!("http://localhost:51121/oauth-callback?code=good&state={state}")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_of_the_schema_records_its_events() {
    let mut walk = Walk::start().await;

    users_and_keys(&mut walk).await;
    accounts(&mut walk).await;
    sign_ins_at_providers(&mut walk).await;
    models_and_prices(&mut walk).await;
    notifications(&mut walk).await;
    settings_and_exports(&mut walk).await;
    backups(&mut walk).await;
    team(&mut walk).await;
    own_sign_in(&mut walk).await;
    engine(&mut walk).await;

    let mutations = operations(&types(&walk.owner).await, &["Mutation"]);
    let mutations: BTreeSet<String> = mutations.into_iter().map(|(name, _)| name).collect();
    assert_eq!(walk.covered, mutations, "each mutation has an entry here");
    let events = walk.events().await;
    let shown: String = events
        .iter()
        .flat_map(|event| [&event.before, &event.after, &event.subject_name])
        .flatten()
        .map(String::as_str)
        .collect();
    assert!(!shown.contains("canary"), "{shown}");
    for secret in &walk.secrets {
        assert!(!shown.contains(secret.as_str()), "{secret}");
    }
}

async fn users_and_keys(walk: &mut Walk) {
    let arguments = r#"input: { name: "Ada", quotas: [] }"#;
    let user = walk
        .run(
            "createUser",
            arguments,
            "user { id } secret",
            &[("user", "/user/id")],
        )
        .await;
    let user = text(&user, "/user/id");
    let arguments = format!(r#"id: "{user}", input: {{ note: "x" }}"#);
    walk.run(
        "updateUser",
        &arguments,
        "user { id }",
        &[("user", "/user/id")],
    )
    .await;
    let arguments = format!(r#"ids: ["{user}"], enabled: true"#);
    walk.run(
        "setUsersEnabled",
        &arguments,
        "users { id }",
        &[("user", "/users/0/id")],
    )
    .await;
    walk.run(
        "setUsersEnabled",
        "ids: [], enabled: true",
        "users { id }",
        &[("", "")],
    )
    .await;

    let arguments = format!(r#"input: {{ userId: "{user}", name: "second" }}"#);
    let key = walk
        .run(
            "issueApiKey",
            &arguments,
            "apiKey { id } secret",
            &[("apiKey", "/apiKey/id")],
        )
        .await;
    let key = text(&key, "/apiKey/id");
    let arguments = format!(r#"id: "{key}", input: {{ name: "third" }}"#);
    walk.run(
        "updateApiKey",
        &arguments,
        "apiKey { id }",
        &[("apiKey", "/apiKey/id")],
    )
    .await;
    // The subject is the key that was replaced.
    let arguments = format!(r#"id: "{key}""#);
    let rotated = walk
        .run(
            "rotateApiKey",
            &arguments,
            "apiKey { id } secret",
            &[("apiKey", "")],
        )
        .await;
    let arguments = format!(r#"id: "{}""#, text(&rotated, "/apiKey/id"));
    for _twice in 0..2 {
        walk.run(
            "revokeApiKey",
            &arguments,
            "apiKey { id }",
            &[("apiKey", "/apiKey/id")],
        )
        .await;
    }

    let arguments =
        format!(r#"input: {{ userId: "{user}", quotas: [{{ metric: REQUESTS, limit: 5 }}] }}"#);
    walk.run(
        "setQuotas",
        &arguments,
        "user { id }",
        &[("user", "/user/id")],
    )
    .await;
    let arguments = format!(
        r#"input: {{ userId: "{user}", remove: [], add: [{{ metric: TOKENS, limit: 5 }}] }}"#
    );
    walk.run(
        "changeQuotas",
        &arguments,
        "user { id }",
        &[("user", "/user/id")],
    )
    .await;
    let arguments = format!(r#"input: {{ userId: "{user}", concurrentRequests: 9 }}"#);
    walk.run(
        "updateRateLimit",
        &arguments,
        "user { id }",
        &[("user", "/user/id")],
    )
    .await;
    let arguments = format!(r#"input: {{ userId: "{user}", requestsPerMinute: 9 }}"#);
    walk.run(
        "setRateLimit",
        &arguments,
        "user { id }",
        &[("user", "/user/id")],
    )
    .await;
    let arguments = format!(r#"id: "{user}""#);
    walk.run(
        "resetUserUsage",
        &arguments,
        "user { id }",
        &[("user", "/user/id")],
    )
    .await;
    walk.run(
        "archiveUser",
        &arguments,
        "user { id }",
        &[("user", "/user/id")],
    )
    .await;
}

async fn accounts(walk: &mut Walk) {
    let account = [("providerAccount", "/account/id")];
    let arguments = r#"input: { kind: CLAUDE, label: "lab", apiKey: "sk-ant-canary-0123456789",
        headers: [{ name: "x-team", value: "header-canary" }] }"#;
    let added = walk
        .run("addProviderApiKey", arguments, "account { id }", &account)
        .await;
    let id = text(&added, "/account/id");
    let arguments = format!(
        r#"id: "{id}", input: {{ label: "spare", apiKey: "sk-ant-canary-1111111111",
            proxyUrl: "http://user:canary@127.0.0.1:9" }}"#
    );
    walk.run(
        "updateProviderAccount",
        &arguments,
        "account { id }",
        &account,
    )
    .await;
    let arguments = format!(r#"id: "{id}""#);
    walk.run(
        "resetProviderCooldown",
        &arguments,
        "account { id }",
        &account,
    )
    .await;
    let health = "results { account { id } }";
    let one = [("providerAccount", "/results/0/account/id")];
    let account_id = format!(r#"accountId: "{id}""#);
    walk.run("checkProviderHealth", &account_id, health, &one)
        .await;
    walk.run("checkProviderHealth", "", health, &[("", "")])
        .await;
    walk.run(
        "removeProviderAccount",
        &arguments,
        "account { id }",
        &account,
    )
    .await;

    // One event for each account.
    let arguments = r#"input: { kind: CLAUDE, apiKeys: ["sk-ant-canary-2222222222", "sk-ant-canary-3333333333"] }"#;
    let two = [
        ("providerAccount", "/results/0/account/id"),
        ("providerAccount", "/results/1/account/id"),
    ];
    let results = "results { account { id } problem }";
    walk.run("addProviderApiKeys", arguments, results, &two)
        .await;
    // Keys that are there already are refused; the attempt is one event.
    walk.run("addProviderApiKeys", arguments, results, &[("", "")])
        .await;
    let content = json!({ "claude-api-key": [{ "api-key": "sk-ant-canary-4444444444" }] });
    let content = json!(content.to_string());
    let arguments = format!(r#"files: [{{ name: "keys.json", content: {content} }}]"#);
    let imported = [("providerAccount", "/accounts/0/id")];
    walk.run(
        "importProviderAccount",
        &arguments,
        "accounts { id }",
        &imported,
    )
    .await;
    let arguments = format!("password: {:?}", walk.password);
    walk.run("exportProviderAccounts", &arguments, "content", &[("", "")])
        .await;
    let three = [("providerAccount", ""); 3];
    walk.run(
        "disconnectProvider",
        "kind: CLAUDE",
        "accounts { id }",
        &three,
    )
    .await;
    walk.run(
        "disconnectProvider",
        "kind: CLAUDE",
        "accounts { id }",
        &[("", "")],
    )
    .await;
    walk.run(
        "updateProviderSettings",
        r#"kind: CLAUDE, input: { cloaking: false }, expectedVersion: 0"#,
        "settings { version }",
        &[("settings", "")],
    )
    .await;
}

async fn sign_ins_at_providers(walk: &mut Walk) {
    let fields = "login { id authorizeUrl account { id } }";
    let begun = [("providerLogin", "/login/id")];
    let arguments = "input: { kind: GEMINI }";
    let login = walk
        .run("startProviderLogin", arguments, fields, &begun)
        .await;
    // The engine writes the account's file, and its event names who completed the sign-in.
    let arguments = format!(
        "id: {:?}, redirectUrl: {:?}",
        text(&login, "/login/id"),
        consented(&login)
    );
    let account = [("providerAccount", "/login/account/id")];
    walk.run("completeProviderLogin", &arguments, fields, &account)
        .await;

    let arguments = "input: { kind: GEMINI }";
    let login = walk
        .run("startProviderLogin", arguments, fields, &begun)
        .await;
    let arguments = format!("id: {:?}", text(&login, "/login/id"));
    walk.run("cancelProviderLogin", &arguments, "login { id }", &begun)
        .await;
}

async fn models_and_prices(walk: &mut Walk) {
    let provider = Provider::start().await;
    let kind = entity::provider_account::ProviderKind::OpenaiCompatible;
    let accounts = &walk.app.services.provider_accounts;
    let account = provider.account(kind, "house-model");
    accounts.add_api_key(test_context(), account).await.unwrap();
    eventually("the model", async || {
        let models = walk.app.services.engine.fresh_models().await.ok()?;
        models.lists("house-model").then_some(())
    })
    .await;
    let alias = [("modelAlias", "/alias/alias")];
    for _twice in 0..2 {
        let arguments = r#"input: { alias: "other", model: "house-model" }"#;
        walk.run("setModelAlias", arguments, "alias { alias }", &alias)
            .await;
    }
    let arguments = r#"alias: "other""#;
    walk.run("deleteModelAlias", arguments, "alias { alias }", &alias)
        .await;
    let arguments =
        r#"input: { modelPattern: "house-*", inputPerMillion: "1", outputPerMillion: "2" }"#;
    walk.run(
        "createPrice",
        arguments,
        "price { id }",
        &[("price", "/price/id")],
    )
    .await;
}

async fn notifications(walk: &mut Walk) {
    let channel = [("notificationChannel", "/channel/id")];
    let arguments = r#"input: { name: "hook",
        settings: { webhook: { url: "http://127.0.0.1:9/canary" } } }"#;
    let fields = "channel { id } signingSecret";
    let created = walk
        .run("createNotificationChannel", arguments, fields, &channel)
        .await;
    let id = text(&created, "/channel/id");
    let arguments = format!(
        r#"id: "{id}", input: {{ name: "hooked",
            settings: {{ webhook: {{ url: "http://127.0.0.1:9/canary" }} }} }}"#
    );
    walk.run("updateNotificationChannel", &arguments, fields, &channel)
        .await;
    let only_id = format!(r#"id: "{id}""#);
    let tested = [("notificationChannel", "")];
    walk.run("testNotificationChannel", &only_id, "delivered", &tested)
        .await;

    let rule = [("notificationRule", "/rule/id")];
    let arguments = format!(r#"input: {{ event: ENGINE_DOWN, channelIds: ["{id}"] }}"#);
    let created = walk
        .run("createNotificationRule", &arguments, "rule { id }", &rule)
        .await;
    let rule_id = text(&created, "/rule/id");
    let arguments = format!(r#"id: "{rule_id}", input: {{ enabled: false }}"#);
    walk.run("updateNotificationRule", &arguments, "rule { id }", &rule)
        .await;
    let arguments = format!(r#"id: "{rule_id}""#);
    walk.run("deleteNotificationRule", &arguments, "rule { id }", &rule)
        .await;
    walk.run(
        "deleteNotificationChannel",
        &only_id,
        "channel { id }",
        &channel,
    )
    .await;
}

async fn settings_and_exports(walk: &mut Walk) {
    let arguments = "input: { retentionDays: 7 }, expectedVersion: 0";
    walk.run(
        "updateSettings",
        arguments,
        "settings { version }",
        &[("settings", "")],
    )
    .await;
    for export in ["exportRequests", "exportUsage"] {
        walk.run(export, "format: CSV", "download { fileName }", &[("", "")])
            .await;
    }
}

async fn backups(walk: &mut Walk) {
    let backup = [("backup", "/backup/name")];
    let made = walk
        .run("createBackup", "", "backup { name }", &backup)
        .await;
    let name = format!("name: {:?}", text(&made, "/backup/name"));
    let named = [("backup", "")];
    walk.run("downloadBackup", &name, "download { fileName }", &named)
        .await;
    walk.run("restoreBackup", &name, "stagedRestore { name }", &named)
        .await;
    walk.run("cancelRestore", "", "stagedRestore { name }", &named)
        .await;
    walk.run("cancelRestore", "", "stagedRestore { name }", &[("", "")])
        .await;
    walk.run("deleteBackup", &name, "name", &[("backup", "/name")])
        .await;
}

async fn team(walk: &mut Walk) {
    let admin = [("admin", "/admin/id")];
    let fields = "admin { id } setupUrl";
    let arguments = r#"input: { username: "ada" }"#;
    let ada = walk.run("createAdmin", arguments, fields, &admin).await;
    let id = format!("id: {:?}", text(&ada, "/admin/id"));
    let invited = walk.run("inviteAdmin", &id, fields, &admin).await;
    let link = text(&invited, "/setupUrl");
    let token = &link[link.find("invite-").unwrap()..];
    let anonymous = Caller::new(walk.app.address);
    let arguments = format!("token: {token:?}, password: {INVITED_PASSWORD:?}");
    // The password of the administrator, and the session.
    let two = [("admin", "/session/admin/id"), ("session", "/session/id")];
    let fields = "session { id admin { id } }";
    walk.run_as(&anonymous, "ada", "completeSetup", &arguments, fields, &two)
        .await;

    // A change of a role ends the administrator's sessions: an event for each.
    let arguments = format!("{id}, role: VIEWER");
    let with_session = [("admin", "/admin/id"), ("session", "")];
    walk.run("setAdminRole", &arguments, "admin { id }", &with_session)
        .await;
    let arguments = format!("{id}, enabled: false");
    walk.run("setAdminEnabled", &arguments, "admin { id }", &admin)
        .await;
    walk.run("removeAdmin", &id, "admin { id }", &admin).await;

    let token = [("apiToken", "/apiToken/id")];
    let arguments = r#"input: { name: "script" }"#;
    let fields = "apiToken { id } secret";
    let created = walk.run("createApiToken", arguments, fields, &token).await;
    let arguments = format!("id: {:?}", text(&created, "/apiToken/id"));
    for _twice in 0..2 {
        walk.run("revokeApiToken", &arguments, "apiToken { id }", &token)
            .await;
    }
}

async fn own_sign_in(walk: &mut Walk) {
    let anonymous = Caller::new(walk.app.address);
    let arguments = format!("username: \"admin\", password: {PASSWORD:?}");
    let fields = "session { id }";
    let session = [("session", "/session/id")];
    let other = walk
        .run_as(&anonymous, "admin", "login", &arguments, fields, &session)
        .await;
    let arguments = format!("id: {:?}", text(&other, "/session/id"));
    walk.run("revokeSession", &arguments, fields, &session)
        .await;
    let none = "revokedSessions";
    walk.run("revokeOtherSessions", "", none, &[("", "")]).await;

    let admin = [("admin", "")];
    let arguments = format!("currentPassword: {PASSWORD:?}, newPassword: {NEW_PASSWORD:?}");
    let fields = "revokedSessions";
    walk.run("changePassword", &arguments, fields, &admin).await;
    walk.password = NEW_PASSWORD;

    let password = format!("password: {NEW_PASSWORD:?}");
    let enrolled = walk
        .run("enrolTotp", &password, "secret otpauthUri", &admin)
        .await;
    let arguments = format!("code: {:?}", totp(&text(&enrolled, "/secret")));
    let fields = "admin { id } recoveryCodes";
    let own = [("admin", "/admin/id")];
    let confirmed = walk.run("confirmTotp", &arguments, fields, &own).await;
    let arguments = format!(
        "{password}, code: {:?}",
        text(&confirmed, "/recoveryCodes/0")
    );
    let renewed = walk
        .run("renewRecoveryCodes", &arguments, "recoveryCodes", &admin)
        .await;
    let arguments = format!("{password}, code: {:?}", text(&renewed, "/recoveryCodes/0"));
    walk.run("disableTotp", &arguments, "admin { id }", &own)
        .await;

    let mut leaving = Caller::new(walk.app.address);
    leaving.sign_in(NEW_PASSWORD).await;
    let session = [("session", "")];
    walk.run_as(&leaving, "admin", "logout", "", "signedOut", &session)
        .await;
}

async fn engine(walk: &mut Walk) {
    for mutation in ["stopEngine", "startEngine", "restartEngine"] {
        walk.run(mutation, "", "engine { state }", &[("engine", "")])
            .await;
    }
}
