//! Keys that may be used from some networks and with some clients only, for a limited time.

use std::sync::Arc;

use axum::{Json, Router, routing::post};
use chrono::TimeDelta;
use proxypal_server::domain::{
    client_family::ClientFamily,
    patch::Patch,
    users::api_keys::{ApiKeyChanges, NewApiKey},
};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use uuid::Uuid;

use super::abort::Faucet;
use crate::support::{
    ClientEnd, ManualClock, Options, SocketEngine, TestApp, scripted, test_context,
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const BEHIND_PROXY: &str = "--trusted-proxies=127.0.0.0/8";
const CODEX: &str = "codex_cli_rs/0.171.0 (Ubuntu 24.4.0; x86_64)";

fn engine() -> Router {
    Router::new().fallback(post(async || {
        Json(json!({"usage": {"prompt_tokens": 1, "completion_tokens": 1}}))
    }))
}

/// A server, and a key on it.
struct Bound {
    app: TestApp,
    id: Uuid,
    key: String,
}

impl Bound {
    async fn start(options: Options, new: NewApiKey) -> Self {
        Self::before(engine(), options, new).await
    }

    async fn before(engine: Router, options: Options, new: NewApiKey) -> Self {
        let app = Box::pin(TestApp::before(scripted(engine).await, options)).await;
        let user = app.caller(&app.issue_key().await).user_id;
        let keys = &app.services.api_keys;
        let issued = keys.issue(test_context(), user, new).await.unwrap();
        Self {
            id: issued.api_key.id,
            key: issued.secret.expose_secret().to_owned(),
            app,
        }
    }

    /// The status and the code of the refusal, if it is one.
    async fn ask(&self, headers: &[(HeaderName, &str)]) -> (u16, String) {
        let request = self.app.http.post(self.app.url("/v1/chat/completions"));
        self.sent(request.body(r#"{"model":"m"}"#), headers).await
    }

    async fn report(&self, headers: &[(HeaderName, &str)]) -> (u16, String) {
        let request = self.app.http.get(self.app.url("/v1/proxypal/usage"));
        self.sent(request, headers).await
    }

    async fn sent(
        &self,
        request: reqwest::RequestBuilder,
        headers: &[(HeaderName, &str)],
    ) -> (u16, String) {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        let request = request.headers(headers.collect::<HeaderMap>());
        let answer = request.bearer_auth(&self.key).send().await.unwrap();
        let code = answer.headers().get("x-proxypal-error");
        let code = code.map_or("", |code| code.to_str().unwrap()).to_owned();
        (answer.status().as_u16(), code)
    }

    async fn change(&self, changes: ApiKeyChanges) {
        let keys = &self.app.services.api_keys;
        let updated = keys.update(test_context(), self.id, None, changes);
        updated.await.unwrap();
    }

    async fn allow_networks(&self, networks: &[&str]) {
        self.change(ApiKeyChanges {
            allowed_networks: Patch::Set(texts(networks)),
            ..ApiKeyChanges::default()
        })
        .await;
    }

    /// How long keys may live and go unused, in days.
    async fn limit_life(&self, life: u32, idle: u32) {
        let settings = &self.app.services.settings;
        let version = settings.current().version;
        let changed = settings.update(test_context(), version, |gateway| {
            gateway.max_key_life_days = life;
            gateway.max_key_idle_days = idle;
        });
        changed.await.unwrap();
    }
}

fn texts(networks: &[&str]) -> Vec<String> {
    networks.iter().map(|text| (*text).to_owned()).collect()
}

fn for_networks(networks: &[&str]) -> NewApiKey {
    NewApiKey {
        allowed_networks: Some(texts(networks)),
        ..NewApiKey::default()
    }
}

fn served() -> (u16, String) {
    (200, String::new())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn a_key_works_from_its_networks_and_from_no_others() {
    let options = Options::default().with(BEHIND_PROXY);
    let networks = ["203.0.113.0/24", "2001:db8:7::/48"];
    let bound = Bound::start(options, for_networks(&networks)).await;
    let wrong = refused(403, "proxypal_wrong_network");

    for (address, expected) in [
        ("203.0.113.9", served()),
        ("203.0.113.255", served()),
        ("203.0.114.1", wrong.clone()),
        ("2001:db8:7:1::9", served()),
        ("2001:db8:8::9", wrong.clone()),
        // The same address in another form.
        ("::ffff:203.0.113.9", served()),
        // Only the last hop was noted by the proxy.
        ("198.51.100.7, 203.0.113.9", served()),
        ("203.0.113.9, 198.51.100.7", wrong.clone()),
        ("203.0.113.9, nonsense", wrong.clone()),
    ] {
        let from = [(FORWARDED_FOR, address)];
        assert_eq!(bound.ask(&from).await, expected, "{address}");
        assert_eq!(bound.report(&from).await, expected, "{address}");
    }
    // The proxy itself is no client in the networks.
    assert_eq!(bound.ask(&[]).await, wrong);
}

#[tokio::test]
async fn a_forged_forwarding_header_of_a_peer_that_is_no_proxy_is_ignored() {
    let bound = Bound::start(Options::default(), for_networks(&["203.0.113.0/24"])).await;
    let forged = [(FORWARDED_FOR, "203.0.113.9")];

    assert_eq!(
        bound.ask(&forged).await,
        refused(403, "proxypal_wrong_network")
    );

    bound.allow_networks(&["127.0.0.1"]).await;
    assert_eq!(bound.ask(&forged).await, served());
    assert_eq!(bound.ask(&[]).await, served());
}

#[tokio::test]
async fn the_refusal_names_the_address_and_only_to_a_caller_with_the_secret() {
    let bound = Bound::start(Options::default(), for_networks(&["203.0.113.0/24"])).await;
    let ask = async |key: &str| -> Value {
        let request = bound.app.http.post(bound.app.url("/v1/messages"));
        let answer = request.bearer_auth(key).body("{}").send().await.unwrap();
        answer.json().await.unwrap()
    };

    let message = ask(&bound.key).await["error"].clone();
    assert_eq!(message["type"], "permission_error");
    let text = message["message"].as_str().unwrap();
    assert!(text.contains("may not be used from 127.0.0.1"), "{text}");
    assert!(!text.contains("203.0.113"), "{text}");

    let beginning = &bound.key[..bound.key.len() - 1];
    assert_eq!(
        ask(beginning).await["error"]["type"],
        "authentication_error"
    );
}

#[tokio::test]
async fn a_key_makes_requests_with_its_clients_and_no_others() {
    let new = NewApiKey {
        allowed_clients: Some(vec![ClientFamily::Codex, ClientFamily::Curl]),
        ..NewApiKey::default()
    };
    let bound = Bound::start(Options::default(), new).await;
    let wrong = refused(403, "proxypal_wrong_client");

    for (agent, expected) in [
        (CODEX, served()),
        ("curl/8.5.0", served()),
        ("claude-cli/2.1.332 (external, cli)", wrong.clone()),
        ("Mozilla/5.0", wrong.clone()),
        ("xcurl/8.5.0", wrong.clone()),
    ] {
        assert_eq!(bound.ask(&[(USER_AGENT, agent)]).await, expected, "{agent}");
    }
    assert_eq!(bound.ask(&[]).await, wrong);
    // Status lines ask for reports with user agents of their own.
    let status_line = [(USER_AGENT, "Mozilla/5.0")];
    assert_eq!(bound.report(&status_line).await, served());
}

#[tokio::test]
async fn a_turn_after_the_networks_changed_is_refused_and_ends_the_socket() {
    let (mut sockets, script) = SocketEngine::script();
    let options = Options::default().with(BEHIND_PROXY);
    let bound = Bound::before(script, options, for_networks(&["203.0.113.0/24"])).await;
    let headers = [("x-forwarded-for", "203.0.113.9")];
    let mut client = ClientEnd::connect_with(bound.app.address, &bound.key, &headers).await;
    let mut engine = sockets.accept().await;
    client.ask("m").await;
    engine.next_json().await;
    bound.allow_networks(&["2001:db8::/32"]).await;

    // The turn in flight ends as usual.
    let done = json!({"type": "response.completed", "response": {"usage": {}}});
    engine.send(&done).await;
    assert_eq!(client.next_json().await, done);

    client.ask("m").await;
    let error = client.next_json().await;
    assert_eq!(error["error"]["code"], "proxypal_wrong_network", "{error}");
    assert_eq!(client.closed().await.code, CloseCode::Policy);
}

#[tokio::test]
async fn a_turn_after_the_clients_changed_is_refused() {
    let (mut sockets, script) = SocketEngine::script();
    let bound = Bound::before(script, Options::default(), NewApiKey::default()).await;
    let headers = [("user-agent", CODEX)];
    let mut client = ClientEnd::connect_with(bound.app.address, &bound.key, &headers).await;
    let _engine = sockets.accept().await;
    bound
        .change(ApiKeyChanges {
            allowed_clients: Patch::Set(vec![ClientFamily::ClaudeCode]),
            ..ApiKeyChanges::default()
        })
        .await;

    client.ask("m").await;

    let error = client.next_json().await;
    assert_eq!(error["error"]["code"], "proxypal_wrong_client", "{error}");
}

#[tokio::test]
async fn a_running_answer_ends_as_usual_after_the_networks_changed() {
    let (faucet, engine) = Faucet::engine();
    let bound = Bound::before(engine, Options::default(), for_networks(&["127.0.0.1"])).await;
    let request = bound.app.http.post(bound.app.url("/v1/chat/completions"));
    let request = request.bearer_auth(&bound.key);
    let body = r#"{"model":"m","stream":true}"#;
    let answer = request.body(body).send();
    let (answer, ()) = tokio::join!(answer, faucet.pour("data: {\"choices\":[]}\n\n"));
    let mut answer = answer.unwrap();
    answer.chunk().await.unwrap();

    bound.allow_networks(&["203.0.113.0/24"]).await;
    faucet.pour("data: [DONE]\n\n").await;
    drop(faucet);

    assert_eq!(answer.text().await.unwrap(), "data: [DONE]\n\n");
    assert_eq!(bound.ask(&[]).await, refused(403, "proxypal_wrong_network"));
}

#[tokio::test]
async fn a_key_ends_when_it_has_lived_as_long_as_keys_may() {
    let clock = Arc::new(ManualClock::default());
    let options = Options {
        clock: clock.clone(),
        ..Options::default()
    };
    let bound = Bound::start(options, NewApiKey::default()).await;
    bound.limit_life(30, 0).await;

    clock.advance(TimeDelta::days(30) - TimeDelta::seconds(1));
    assert_eq!(bound.ask(&[]).await, served());
    clock.advance(TimeDelta::seconds(1));
    assert_eq!(bound.ask(&[]).await, refused(401, "proxypal_key_expired"));

    // A key that exists already follows the setting in both directions.
    bound.limit_life(31, 0).await;
    assert_eq!(bound.ask(&[]).await, served());
    bound.limit_life(1, 0).await;
    assert_eq!(bound.ask(&[]).await, refused(401, "proxypal_key_expired"));
    bound.limit_life(0, 0).await;
    assert_eq!(bound.ask(&[]).await, served());
}

#[tokio::test]
async fn a_key_ends_when_it_was_not_used_for_too_long_and_reports_are_no_use() {
    let clock = Arc::new(ManualClock::default());
    let options = Options {
        clock: clock.clone(),
        ..Options::default()
    };
    let bound = Bound::start(options, NewApiKey::default()).await;
    bound.limit_life(0, 7).await;

    // Each request prolongs the life of the key.
    for _ in 0..3 {
        clock.advance(TimeDelta::days(6));
        assert_eq!(bound.ask(&[]).await, served());
    }
    clock.advance(TimeDelta::days(6));
    assert_eq!(bound.report(&[]).await, served());
    clock.advance(TimeDelta::days(1));

    assert_eq!(bound.ask(&[]).await, refused(401, "proxypal_key_idle"));
    assert_eq!(bound.report(&[]).await, refused(401, "proxypal_key_idle"));
}

#[tokio::test]
async fn the_time_of_the_last_use_survives_a_restart() {
    let clock = Arc::new(ManualClock::default());
    let options = || Options {
        clock: clock.clone(),
        ..Options::default()
    };
    let bound = Bound::start(options(), NewApiKey::default()).await;
    bound.limit_life(0, 7).await;
    clock.advance(TimeDelta::days(5));
    let mut records = bound.app.records().await;
    assert_eq!(bound.ask(&[]).await, served());
    records.next().await;
    drop(records);
    let Bound { app, id, key } = bound;
    let database = app.stop().await;
    clock.advance(TimeDelta::days(6));

    let app = TestApp::with_data(database, scripted(engine()).await, options()).await;
    let bound = Bound { app, id, key };

    assert_eq!(bound.ask(&[]).await, served());
}
