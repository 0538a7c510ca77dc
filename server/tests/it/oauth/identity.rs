//! A double of all identity providers, as strict as they are: it knows its clients and their addresses,
//! checks PKCE, takes a code once, rotates refresh tokens, and minds how often a device asks.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::stream;
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use url::{Url, form_urlencoded};
use uuid::Uuid;

/// The operator's own client.
pub(crate) const OWN_CLIENT: &str = "an-operators-client";
pub(crate) const OWN_SECRET: &str = "canary-secret-of-the-client";
/// The clients that providers know, with where they send browsers.
const CLIENTS: [(&str, &str, &str); 6] = [
    (
        "claude",
        "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
        "http://localhost:54545/callback",
    ),
    (
        "chatgpt",
        "app_EMoamEEZ73f0CkXaXp7hrann",
        "http://localhost:1455/auth/callback",
    ),
    ("copilot", "Iv1.b507a08c87ecfe98", ""),
    ("kimi", "17e5f671-d194-4dfb-9706-5516cb48c098", ""),
    ("xai", "b1a00492-073a-47ea-816f-4c329264a828", ""),
    ("gemini", "", ""),
];

/// How a token endpoint may misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misbehaviour {
    Garbage,
    TooMuch,
    TooSlow,
    Redirect,
    Forbidden,
}

/// The actions of a user at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Allow,
    Deny,
}

/// A double that runs.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) address: SocketAddr,
    pub(crate) world: Arc<Mutex<World>>,
}

/// Its state.
#[derive(Default)]
pub(crate) struct World {
    codes: HashMap<String, Granted>,
    pub(crate) devices: HashMap<String, Device>,
    /// Refresh tokens that are good; each once.
    refresh_tokens: Vec<String>,
    pub(crate) misbehaviour: Option<Misbehaviour>,
    /// Everything secret that was given away or received.
    pub(crate) secrets: Vec<String>,
    /// Where redirects of the token endpoint lead.
    pub(crate) elsewhere: usize,
    /// How long Copilot's tokens and those of own clients live.
    pub(crate) token_seconds: i64,
    pub(crate) copilot_exchanges: usize,
    pub(crate) copilot_refuses: Option<u16>,
    pub(crate) refreshes: usize,
}

/// The grant of a code.
struct Granted {
    client_id: String,
    redirect_uri: String,
    challenge: String,
    state: String,
}

/// A device that waits.
pub(crate) struct Device {
    client_id: String,
    pub(crate) user_code: String,
    pub(crate) decision: Option<Decision>,
    last_asked: Option<Instant>,
    pub(crate) interval: Duration,
    pub(crate) slowed_down: usize,
    pub(crate) is_expired: bool,
}

type Form = HashMap<String, String>;

impl Identity {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let identity = Self {
            address: listener.local_addr().unwrap(),
            world: Arc::default(),
        };
        identity.world().token_seconds = 3600;
        let router = Router::new()
            .route("/{provider}/authorize", get(authorize))
            .route("/{provider}/token", post(token))
            .route("/{provider}/device", post(device))
            .route("/{provider}/elsewhere", post(elsewhere).get(elsewhere))
            .route("/{provider}/openid", get(openid))
            .route("/claude/profile", get(super::resources::claude_profile))
            .route("/copilot/user", get(super::resources::github_user))
            .route("/copilot/exchange", get(super::resources::copilot_token))
            .route("/copilot/api/models", get(super::resources::copilot_models))
            .with_state(identity.clone());
        #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        identity
    }

    pub(crate) fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The configuration that points all providers here.
    pub(crate) fn settings(&self) -> Vec<(String, SecretString)> {
        let mut settings = Vec::new();
        let mut say = |name: String, path: String| settings.push((name, self.url(&path).into()));
        for (provider, _, _) in CLIENTS {
            let name = provider.to_uppercase();
            if provider == "xai" {
                say(
                    format!("OAUTH_{name}_DISCOVERY_URL"),
                    format!("{provider}/openid"),
                );
                continue;
            }
            say(
                format!("OAUTH_{name}_AUTHORIZE_URL"),
                format!("{provider}/authorize"),
            );
            say(
                format!("OAUTH_{name}_TOKEN_URL"),
                format!("{provider}/token"),
            );
            say(
                format!("OAUTH_{name}_DEVICE_URL"),
                format!("{provider}/device"),
            );
        }
        say("OAUTH_CLAUDE_PROFILE_URL".into(), "claude/profile".into());
        say("OAUTH_COPILOT_PROFILE_URL".into(), "copilot/user".into());
        say(
            "OAUTH_COPILOT_EXCHANGE_URL".into(),
            "copilot/exchange".into(),
        );
        say("OAUTH_COPILOT_API_URL".into(), "copilot/api".into());
        settings
    }

    /// A browser at the provider: returns the redirect.
    pub(crate) async fn consent(&self, authorize_url: &str, decision: Decision) -> String {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut url: Url = authorize_url.parse().unwrap();
        if decision == Decision::Deny {
            url.query_pairs_mut().append_pair("double_denies", "1");
        }
        let answer = http.get(url).send().await.unwrap();
        let status = answer.status();
        let location = answer.headers().get(LOCATION).cloned();
        let text = answer.text().await.unwrap();
        assert_eq!(status, StatusCode::FOUND, "{text}");
        location.unwrap().to_str().unwrap().to_owned()
    }

    /// A user who enters a code.
    pub(crate) fn decide(&self, user_code: &str, decision: Decision) {
        let mut world = self.world();
        let mut devices = world.devices.values_mut();
        let device = devices.find(|device| device.user_code == user_code);
        device.unwrap().decision = Some(decision);
    }
}

/// Shows no page: consent is given immediately.
async fn authorize(
    State(identity): State<Identity>,
    Path(provider): Path<String>,
    Query(query): Query<Form>,
) -> Response {
    let parameter = |name: &str| query.get(name).cloned().unwrap_or_default();
    let (client_id, redirect_uri) = (parameter("client_id"), parameter("redirect_uri"));
    let known = CLIENTS.iter().any(|(name, id, redirect)| {
        *name == provider && *id == client_id && *redirect == redirect_uri
    });
    let own =
        client_id == OWN_CLIENT && redirect_uri.ends_with(&format!("/oauth/{provider}/callback"));
    let proper = parameter("response_type") == "code"
        && parameter("code_challenge_method") == "S256"
        && parameter("code_challenge").len() == 43
        && parameter("state").len() >= 32;
    if !(known || own) || !proper {
        return (StatusCode::BAD_REQUEST, format!("{query:?}")).into_response();
    }
    let mut target: Url = redirect_uri.parse().unwrap();
    let state = parameter("state");
    if query.contains_key("double_denies") {
        target
            .query_pairs_mut()
            .append_pair("error", "access_denied")
            .append_pair("error_description", "<script>alert(1)</script>")
            .append_pair("state", &state);
    } else {
        let mut world = identity.world();
        let code = world.secret("code");
        let granted = Granted {
            client_id,
            redirect_uri,
            challenge: parameter("code_challenge"),
            state: state.clone(),
        };
        world.codes.insert(code.clone(), granted);
        target
            .query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &state);
    }
    (StatusCode::FOUND, [(LOCATION, target.to_string())]).into_response()
}

async fn token(
    State(identity): State<Identity>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let misbehaviour = identity.world().misbehaviour;
    if let Some(misbehaviour) = misbehaviour {
        return misbehave(&identity, misbehaviour).await;
    }
    let Some(form) = read(&provider, &headers, &body) else {
        return refuse("invalid_request");
    };
    let mut world = identity.world();
    let own = form
        .get("client_secret")
        .is_some_and(|secret| secret == OWN_SECRET);
    let client_id = form.get("client_id").cloned().unwrap_or_default();
    let known = CLIENTS
        .iter()
        .any(|(name, id, _)| *name == provider && *id == client_id);
    let is_own = own && client_id == OWN_CLIENT;
    if !(known || is_own) {
        return refuse("invalid_client");
    }
    let granted = match form.get("grant_type").map(String::as_str) {
        Some("authorization_code") => world.redeem(&client_id, &form),
        Some("urn:ietf:params:oauth:grant-type:device_code") => world.ask(&client_id, &form),
        Some("refresh_token") => world.refresh(&form),
        _ => Err("unsupported_grant_type"),
    };
    match granted {
        Ok(()) => axum::Json(world.tokens(&provider)).into_response(),
        // Two of them refuse with a status of success.
        Err(code) if matches!(provider.as_str(), "copilot" | "kimi") => {
            axum::Json(json!({ "error": code })).into_response()
        }
        Err(code) => refuse(code),
    }
}

async fn device(
    State(identity): State<Identity>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = read(&provider, &headers, &body).unwrap();
    let client_id = form.get("client_id").cloned().unwrap_or_default();
    if !CLIENTS
        .iter()
        .any(|(name, id, _)| *name == provider && *id == client_id)
    {
        return refuse("invalid_client");
    }
    if provider == "kimi" && !headers.contains_key("x-msh-device-id") {
        return refuse("invalid_request");
    }
    let mut world = identity.world();
    let device_code = world.secret("device-code");
    let user_code = format!("CODE-{}", world.devices.len());
    let interval = Duration::from_secs(1);
    let device = Device {
        client_id,
        user_code: user_code.clone(),
        decision: None,
        last_asked: None,
        interval,
        slowed_down: 0,
        is_expired: false,
    };
    world.devices.insert(device_code.clone(), device);
    axum::Json(json!({
        "device_code": device_code, "user_code": user_code, "expires_in": 900, "interval": 1,
        "verification_uri": identity.url("device-page"),
        "verification_uri_complete": identity.url(&format!("device-page?code={user_code}")),
    }))
    .into_response()
}

async fn elsewhere(State(identity): State<Identity>) -> &'static str {
    identity.world().elsewhere += 1;
    "{}"
}

async fn openid(State(identity): State<Identity>, Path(provider): Path<String>) -> Response {
    axum::Json(json!({
        "token_endpoint": identity.url(&format!("{provider}/token")),
        "device_authorization_endpoint": identity.url(&format!("{provider}/device")),
    }))
    .into_response()
}

async fn misbehave(identity: &Identity, misbehaviour: Misbehaviour) -> Response {
    match misbehaviour {
        Misbehaviour::Garbage => "<html>canary-in-garbage</html>".into_response(),
        Misbehaviour::TooMuch => {
            let piece = || Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 8192]));
            Body::from_stream(stream::repeat_with(piece)).into_response()
        }
        Misbehaviour::TooSlow => std::future::pending().await,
        Misbehaviour::Redirect => {
            let target = identity.url("claude/elsewhere");
            (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, target)]).into_response()
        }
        Misbehaviour::Forbidden => (StatusCode::FORBIDDEN, "<html>robot?</html>").into_response(),
    }
}

/// Claude takes objects, the others forms.
fn read(provider: &str, headers: &HeaderMap, body: &[u8]) -> Option<Form> {
    let kind = headers["content-type"].to_str().unwrap();
    if provider == "claude" {
        return (kind == "application/json").then(|| serde_json::from_slice(body).unwrap());
    }
    (kind == "application/x-www-form-urlencoded")
        .then(|| form_urlencoded::parse(body).into_owned().collect())
}

fn refuse(code: &str) -> Response {
    let body = json!({ "error": code, "error_description": "canary-in-a-description" });
    (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
}

impl World {
    /// A new secret with a face.
    pub(crate) fn secret(&mut self, what: &str) -> String {
        let secret = format!("canary-{what}-{}", Uuid::new_v4().simple());
        self.secrets.push(secret.clone());
        secret
    }

    fn redeem(&mut self, client_id: &str, form: &Form) -> Result<(), &'static str> {
        let parameter = |name: &str| form.get(name).cloned().unwrap_or_default();
        let granted = self
            .codes
            .remove(&parameter("code"))
            .ok_or("invalid_grant")?;
        let verifier = parameter("code_verifier");
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let is_same = granted.client_id == client_id
            && granted.redirect_uri == parameter("redirect_uri")
            && granted.challenge == challenge;
        let state = form
            .get("state")
            .is_none_or(|state| *state == granted.state);
        self.secrets.push(verifier);
        (is_same && state).then_some(()).ok_or("invalid_grant")
    }

    fn ask(&mut self, client_id: &str, form: &Form) -> Result<(), &'static str> {
        let code = form.get("device_code").cloned().unwrap_or_default();
        let device = self.devices.get_mut(&code).ok_or("invalid_grant")?;
        if device.client_id != client_id {
            return Err("invalid_client");
        }
        let last = device.last_asked.replace(Instant::now());
        // Clocks differ a little.
        let tolerance = Duration::from_millis(100);
        if last.is_some_and(|last| last.elapsed() + tolerance < device.interval) {
            device.slowed_down += 1;
            device.interval += Duration::from_secs(5);
            return Err("slow_down");
        }
        if device.is_expired {
            return Err("expired_token");
        }
        match device.decision {
            None => Err("authorization_pending"),
            Some(Decision::Deny) => Err("access_denied"),
            Some(Decision::Allow) => {
                self.devices.remove(&code);
                Ok(())
            }
        }
    }

    fn refresh(&mut self, form: &Form) -> Result<(), &'static str> {
        let token = form.get("refresh_token").cloned().unwrap_or_default();
        let known = self.refresh_tokens.iter().position(|known| *known == token);
        self.refresh_tokens.remove(known.ok_or("invalid_grant")?);
        self.refreshes += 1;
        Ok(())
    }

    fn tokens(&mut self, provider: &str) -> Value {
        let (access, refresh) = (self.secret("access"), self.secret("refresh"));
        self.refresh_tokens.push(refresh.clone());
        let mut tokens = json!({
            "access_token": access, "refresh_token": refresh, "expires_in": self.token_seconds,
            "token_type": "Bearer",
        });
        match provider {
            "claude" => {
                tokens["account"] =
                    json!({ "uuid": "account-1", "email_address": "ada@example.org" });
                tokens["organization"] = json!({ "uuid": "organization-1", "name": "Engines" });
            }
            "chatgpt" => {
                tokens["id_token"] = json!(self.id_token(&json!({
                    "email": "ada@example.org", "sub": "user-1",
                    "https://api.openai.com/auth": {
                        "chatgpt_account_id": "account-2", "chatgpt_plan_type": "plus",
                    },
                })));
            }
            "xai" => {
                let claims = json!({ "email": "ada@example.org", "sub": "user-3" });
                tokens["id_token"] = json!(self.id_token(&claims));
            }
            "kimi" => {
                tokens["scope"] = json!("kimi-code");
                tokens["expires_in"] = json!(900.0);
            }
            "copilot" => {
                tokens =
                    json!({ "access_token": access, "token_type": "bearer", "scope": "read:user" });
            }
            _ => {}
        }
        tokens
    }

    fn id_token(&mut self, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(&json!({ "alg": "RS256" }));
        let signature = self.secret("signature");
        format!("{header}.{}.{signature}", part(claims))
    }
}
