//! Privilege escalation through side effects: secrets that are sent elsewhere, sign-ins and sessions that
//! outlive a change, guesses that are not counted.

use entity::{
    admin::{self, Role},
    session,
};
use proxypal_server::domain::{
    Error,
    sessions::{AdminSession, BegunSession, SessionClient},
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{
    Caller, ControlPlane, PASSWORD, Socket, code, eventually, soon, test_context,
};

const ADD: &str = "mutation($input: AddProviderApiKeyInput!) { addProviderApiKey(input: $input) {
    account { id } } }";
const UPDATE: &str = "mutation($id: ID!, $input: UpdateProviderAccountInput!, $password: String) {
    updateProviderAccount(id: $id, input: $input, password: $password) { account { baseUrl } } }";
const IMPORT: &str = "mutation($content: String!) { importProviderAccount(files: [
    { name: \"f\", content: $content }]) { accounts { id } problems { message } } }";
const KEY: &str = "sk-stored-canary-0123456789";

/// A control plane with an account whose key an administrator must not learn.
struct Accounts {
    plane: ControlPlane,
    id: Value,
}

impl Accounts {
    async fn at(base_url: &str, headers: Value) -> Self {
        let plane = ControlPlane::start().await;
        let input = json!({ "kind": "OPENAI_COMPATIBLE", "apiKey": KEY, "baseUrl": base_url,
            "models": [{ "name": "m" }], "headers": headers });
        let owner = plane.script(Role::Owner).await;
        let added = owner.ask_with(ADD, json!({ "input": input })).await;
        let id = added["data"]["addProviderApiKey"]["account"]["id"].clone();
        assert!(id.is_string(), "{added}");
        Self { plane, id }
    }

    async fn update(&self, caller: &Caller, input: &Value, password: Option<&str>) -> Value {
        let variables = json!({ "id": self.id, "input": input, "password": password });
        caller.ask_with(UPDATE, variables).await
    }
}

#[tokio::test]
async fn sending_a_stored_key_elsewhere_requires_entering_it_again() {
    let home = "https://llm.example/v1";
    let header = json!([{ "name": "x-team", "value": "header-canary-0123456789" }]);
    let accounts = Accounts::at(home, header).await;
    let admin = accounts.plane.script(Role::Admin).await;

    for moved in [
        json!({ "baseUrl": "https://evil.example/v1" }),
        json!({ "baseUrl": "http://llm.example/v1" }),
        json!({ "baseUrl": "https://llm.example:8443/v1" }),
        json!({ "baseUrl": "https://llm.example/v2" }),
        json!({ "headers": [{ "name": "host", "value": "evil.example" }] }),
        json!({ "headers": [{ "name": "x-gateway-target", "value": "https://evil.example" }] }),
        // The stored header would go along.
        json!({ "baseUrl": "https://evil.example/v1", "apiKey": "sk-of-the-attacker" }),
    ] {
        let refused = accounts.update(&admin, &moved, None).await;
        assert_eq!(code(&refused), "BAD_USER_INPUT", "{moved}: {refused}");
        assert!(
            refused.to_string().contains("give apiKey again"),
            "{refused}"
        );
    }
    for stays in [
        json!({ "label": "lab", "enabled": true }),
        json!({ "baseUrl": "https://llm.example/v1/below" }),
        json!({ "proxyUrl": "http://proxy.example:3128" }),
        json!({ "headers": null }),
    ] {
        let done = accounts.update(&admin, &stays, None).await;
        assert_eq!(code(&done), "", "{stays}: {done}");
    }
    let again = json!({ "baseUrl": "https://new.example/v1", "apiKey": KEY });
    let done = accounts.update(&admin, &again, None).await;
    let account = &done["data"]["updateProviderAccount"]["account"];
    assert_eq!(account["baseUrl"], "https://new.example/v1", "{done}");
}

#[tokio::test]
async fn a_proxy_that_could_read_a_key_requires_entering_it_again() {
    let accounts = Accounts::at("http://llm.example/v1", json!([])).await;
    let admin = accounts.plane.script(Role::Admin).await;
    let proxy = |url: &str| json!({ "proxyUrl": url });

    let refused = accounts
        .update(&admin, &proxy("http://evil.example:3128"), None)
        .await;
    let socks = accounts
        .update(&admin, &proxy("socks5://evil.example:1080"), None)
        .await;
    let direct = accounts.update(&admin, &proxy("direct"), None).await;
    let mut given = proxy("http://evil.example:3128");
    given["apiKey"] = KEY.into();
    let given = accounts.update(&admin, &given, None).await;

    assert_eq!(code(&refused), "BAD_USER_INPUT", "{refused}");
    assert_eq!(code(&socks), "BAD_USER_INPUT", "{socks}");
    assert_eq!((code(&direct), code(&given)), ("", ""));
}

#[tokio::test]
async fn only_an_owner_can_confirm_a_new_destination_with_a_password() {
    let accounts = Accounts::at("https://llm.example/v1", json!([])).await;
    let plane = &accounts.plane;
    let moved = json!({ "baseUrl": "https://new.example/v1" });
    let owner = plane.admin().await;

    let without = accounts.update(&owner, &moved, None).await;
    let wrong = accounts.update(&owner, &moved, Some("wrong")).await;
    let script = plane.script(Role::Owner).await;
    let by_script = accounts.update(&script, &moved, Some(PASSWORD)).await;
    let (ada, _) = other(plane, Role::Admin).await;
    let by_admin = accounts.update(&ada, &moved, Some(OTHER)).await;
    let right = accounts.update(&owner, &moved, Some(PASSWORD)).await;

    assert_eq!(code(&without), "BAD_USER_INPUT");
    assert_eq!(code(&wrong), "BAD_USER_INPUT");
    assert_eq!(code(&by_script), "UNAUTHENTICATED");
    assert_eq!(code(&by_admin), "FORBIDDEN");
    let account = &right["data"]["updateProviderAccount"]["account"];
    assert_eq!(account["baseUrl"], "https://new.example/v1", "{right}");
}

#[tokio::test]
async fn no_header_copies_the_engines_key_to_a_provider() {
    let accounts = Accounts::at("https://llm.example/v1", json!([])).await;
    let admin = accounts.plane.script(Role::Admin).await;
    let add = async |value: &str| {
        let input = json!({ "kind": "CLAUDE", "apiKey": "sk-ant-0123456789",
            "headers": [{ "name": "x-copy", "value": value }] });
        admin.ask_with(ADD, json!({ "input": input })).await
    };

    for value in ["$Authorization", " $ x-api-key", "$X-Goog-Api-Key"] {
        let refused = add(value).await;
        assert_eq!(code(&refused), "BAD_USER_INPUT", "{value}: {refused}");
    }
    let file = json!({ "type": "claude", "email": "a@example.org", "access_token": "a",
        "headers": { "x-copy": "$Authorization" } });
    let imported = admin
        .ask_with(IMPORT, json!({ "content": file.to_string() }))
        .await;
    let problems = &imported["data"]["importProviderAccount"]["problems"];
    assert_eq!(problems.as_array().unwrap().len(), 1, "{imported}");
    assert_eq!(code(&add("$X-Team").await), "");
}

#[tokio::test]
async fn an_imported_file_without_a_token_gets_no_stored_token() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let file = |more: Value| {
        let mut file = json!({ "type": "xai", "email": "ada@example.org", "sub": "ada" });
        let more = more.as_object().unwrap().clone();
        file.as_object_mut().unwrap().extend(more);
        json!({ "content": file.to_string() })
    };
    let stored = json!({ "access_token": "stored-access", "refresh_token": "stored-refresh",
        "token_endpoint": "https://auth.x.ai/token", "base_url": "https://api.x.ai/v1" });
    let brought = json!({ "access_token": "brought", "token_endpoint": "https://evil.example/token",
        "base_url": "https://evil.example/v1" });

    admin.ask_with(IMPORT, file(stored)).await;
    let again = admin.ask_with(IMPORT, file(brought)).await;

    assert_eq!(code(&again), "");
    let credentials = plane
        .services
        .provider_accounts
        .credentials()
        .await
        .unwrap();
    let [credential] = credentials.as_slice() else {
        panic!("one account: {again}");
    };
    let hidden: Vec<String> = credential
        .secret
        .hidden()
        .iter()
        .map(|secret| secret.expose_secret().to_owned())
        .collect();
    assert_eq!(hidden, ["brought"]);
}

const OTHER: &str = "another good password";

/// Another administrator, signed in.
async fn other(plane: &ControlPlane, role: Role) -> (Caller, admin::Model) {
    let new = proxypal_server::domain::admins::NewAdmin {
        username: "ada".to_owned(),
        role,
        password: Some(OTHER.into()),
    };
    let admin = plane
        .services
        .admins
        .create(test_context(), new)
        .await
        .unwrap()
        .admin;
    let begun =
        plane
            .services
            .sessions
            .begin(test_context(), admin.clone(), SessionClient::default());
    let BegunSession { session, cookie } = begun.await.unwrap();
    let lines = [format!("session={}", cookie.expose_secret())];
    let mut caller = plane.anonymous();
    caller.keep(&lines, &session.csrf_token);
    (caller, admin)
}

fn code_of<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    result.unwrap_err().code()
}

#[tokio::test]
async fn a_sign_in_that_races_a_change_of_the_account_opens_no_session() {
    let plane = ControlPlane::start().await;
    let admins = &plane.services.admins;
    let (_, found) = other(&plane, Role::Owner).await;
    let id = found.id;
    let writer = plane.db.writer();
    let begin = async |found: admin::Model| {
        let begun = plane
            .services
            .sessions
            .begin(test_context(), found, SessionClient::default());
        begun.await
    };

    admins.set_enabled(test_context(), id, false).await.unwrap();
    assert_eq!(code_of(begin(found).await), "UNAUTHENTICATED");
    admins.set_enabled(test_context(), id, true).await.unwrap();

    let found = admins.named("ada").await.unwrap().unwrap();
    admins
        .set_role(test_context(), id, Role::Viewer)
        .await
        .unwrap();
    assert_eq!(code_of(begin(found).await), "UNAUTHENTICATED");

    let found = admins.named("ada").await.unwrap().unwrap();
    let reset = admins.reset_password(test_context(), "ada", "a third good password".into(), false);
    reset.await.unwrap();
    assert_eq!(code_of(begin(found).await), "UNAUTHENTICATED");

    let found = admins.named("ada").await.unwrap().unwrap();
    let mut row = found.clone().into_active_model();
    row.totp_confirmed_at = Set(Some(plane.services.clock.now()));
    row.update(writer).await.unwrap();
    assert_eq!(code_of(begin(found).await), "UNAUTHENTICATED");

    let found = admins.named("ada").await.unwrap().unwrap();
    assert!(begin(found.clone()).await.is_ok());
    admins.remove(test_context(), id).await.unwrap();
    assert_eq!(code_of(begin(found).await), "UNAUTHENTICATED");
    let left = session::Entity::find().filter(session::Column::AdminId.eq(id));
    assert!(left.all(plane.db.reader()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_session_of_a_disabled_administrator_is_invalid() {
    let plane = ControlPlane::start().await;
    let (caller, admin) = other(&plane, Role::Admin).await;
    let greeting = json!({ "csrfToken": caller.csrf_token() });
    let mut socket = Socket::greet(&caller, greeting).await;
    let session = async || caller.ask("{ session { id } }").await["data"]["session"].clone();
    assert!(session().await.is_object());

    // As if the session had slipped in behind the change.
    let mut row = admin.into_active_model();
    row.enabled = Set(false);
    row.update(plane.db.writer()).await.unwrap();

    assert_eq!(session().await, Value::Null);
    assert_eq!(socket.next().await, Err(4401));
}

#[tokio::test]
async fn a_password_confirmed_after_it_changed_is_rejected() {
    let plane = ControlPlane::start().await;
    let (_, admin) = other(&plane, Role::Owner).await;
    let services = &plane.services;
    let own = async || -> AdminSession {
        let admin = services.admins.named("ada").await.unwrap().unwrap();
        let begun = services
            .sessions
            .begin(test_context(), admin, SessionClient::default())
            .await;
        begun.unwrap().session
    };
    let refused = async |own: &AdminSession| {
        let confirmed = services.admins.confirm(own, OTHER.into()).await;
        assert_eq!(code_of(confirmed), "UNAUTHENTICATED");
        let new = "a third good password".into();
        let changed = services
            .admins
            .change_password(test_context(), own, OTHER.into(), new);
        assert_eq!(code_of(changed.await), "UNAUTHENTICATED");
        let enrolled = services
            .admins
            .enrol(test_context(), own, OTHER.into())
            .await;
        assert_eq!(code_of(enrolled), "UNAUTHENTICATED");
    };

    let revoked = own().await;
    services
        .sessions
        .revoke_others(test_context(), admin.id, None)
        .await
        .unwrap();
    refused(&revoked).await;
    let demoted = own().await;
    services
        .admins
        .set_role(test_context(), admin.id, Role::Viewer)
        .await
        .unwrap();
    refused(&demoted).await;

    let good = own().await;
    services.admins.confirm(&good, OTHER.into()).await.unwrap();
}

#[tokio::test]
async fn a_body_that_arrives_after_the_session_ended_is_not_executed() {
    let plane = ControlPlane::start().await;
    let caller = plane.admin().await;
    let body = json!({ "query": "{ users { totalCount } }" }).to_string();
    let (first, rest) = body.split_at(5);
    let cookie = caller.headers["cookie"].to_str().unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: proxypal.test\r\ncontent-type: application/json\r\n\
         cookie: {cookie}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{first}",
        body.len()
    );
    let sessions = session::Entity::find()
        .all(plane.db.reader())
        .await
        .unwrap();
    // Looking the session up is noted, so the test knows when it was.
    plane.advance(chrono::TimeDelta::minutes(2));

    let mut stream = TcpStream::connect(plane.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    eventually("the look-up", async || {
        let now = session::Entity::find()
            .all(plane.db.reader())
            .await
            .unwrap();
        (now[0].last_seen_at > sessions[0].last_seen_at).then_some(())
    })
    .await;
    let admin_id = sessions[0].admin_id;
    plane
        .services
        .sessions
        .revoke_others(test_context(), admin_id, None)
        .await
        .unwrap();
    stream.write_all(rest.as_bytes()).await.unwrap();

    let mut answer = String::new();
    soon("the answer", stream.read_to_string(&mut answer))
        .await
        .unwrap();
    assert!(answer.contains("UNAUTHENTICATED"), "{answer}");
}

const LOGIN: &str = "mutation($name: String, $password: String!) {
    login(username: $name, password: $password) { session { id } } }";

#[tokio::test]
async fn signing_in_does_not_reset_failed_attempts_at_another_name() {
    let plane = ControlPlane::start().await;
    other(&plane, Role::Viewer).await;
    let attempt = async |name: &str, password: &str| {
        let variables = json!({ "name": name, "password": password });
        let answer = plane.anonymous().ask_with(LOGIN, variables).await;
        code(&answer).to_owned()
    };

    for round in 0..5 {
        for _ in 0..2 {
            assert_eq!(attempt("admin", "a guess").await, "UNAUTHENTICATED");
        }
        assert_eq!(attempt("ada", OTHER).await, "", "{round}");
    }

    assert_eq!(attempt("admin", PASSWORD).await, "RATE_LIMITED");
    assert_eq!(attempt("ada", OTHER).await, "");
}

#[tokio::test]
async fn failed_attempts_from_many_addresses_lock_no_administrator_out() {
    let plane = ControlPlane::start().await;
    let throttle = &plane.services.login_throttle;
    for number in 0..100 {
        let from = format!("198.51.100.{}", number % 10).parse().unwrap();
        let name = format!("admin-{}", number / 40);
        let _ = throttle.attempt(Some(from), &name).await.unwrap();
    }

    let mut elsewhere = plane.anonymous();
    elsewhere.sign_in(PASSWORD).await;

    let answer = elsewhere.ask("{ session { id } }").await;
    assert!(answer["data"]["session"].is_object(), "{answer}");
}
