//! Where a provider refreshes tokens: each refresh token is good once, and a replay is refused and
//! remembered.

use std::sync::{Arc, Mutex};

use axum::{Form, Json, Router, extract::State, http::StatusCode, routing::post};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use proxypal_server::clock::{Clock as _, SystemClock};
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

/// Tokens of this prefix and a number are handed out.
pub(crate) const REFRESH: &str = "refresh-canary-";
pub(crate) const ACCESS: &str = "access-canary-";

/// The state of the provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Remembered {
    /// The number of the latest tokens.
    pub(crate) latest: u64,
    /// The number that was presented last.
    pub(crate) presented: u64,
    /// Refreshes with a token that a later one had taken the place of for good.
    pub(crate) replays: u64,
    /// Requests for a refresh.
    pub(crate) requests: u64,
}

#[derive(Default)]
struct Endpoint {
    remembered: Mutex<Remembered>,
    /// While set, tokens are replaced and no request is answered.
    is_stalled: watch::Sender<bool>,
}

/// A token endpoint that runs.
pub(crate) struct TokenEndpoint {
    url: String,
    state: Arc<Endpoint>,
}

#[derive(serde::Deserialize)]
struct Asked {
    grant_type: String,
    refresh_token: String,
}

impl TokenEndpoint {
    pub(crate) async fn start() -> Self {
        let state = Arc::<Endpoint>::default();
        let router = Router::new().route("/token", post(refresh));
        let router = router.with_state(state.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/token", listener.local_addr().unwrap());
        TaskTracker::new().spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, state }
    }

    pub(crate) fn remembered(&self) -> Remembered {
        *self.state.remembered.lock().unwrap()
    }

    /// Lets refreshes wait for their answers, or answers all.
    pub(crate) fn stall(&self, is_stalled: bool) {
        self.state.is_stalled.send_replace(is_stalled);
    }

    /// A sign-in whose access token ends at this moment.
    pub(crate) fn sign_in(&self, base_url: &str, ends: DateTime<Utc>) -> Map<String, Value> {
        let file = json!({
            "type": "xai", "auth_kind": "oauth", "using_api": true, "email": "ada@example.org", "sub": "ada",
            "access_token": format!("{ACCESS}0"), "refresh_token": format!("{REFRESH}0"),
            "token_type": "Bearer", "expires_in": 301,
            "expired": ends.to_rfc3339_opts(SecondsFormat::Secs, true),
            "token_endpoint": self.url, "base_url": base_url,
        });
        file.as_object().unwrap().clone()
    }

    /// One that the engine refreshes immediately.
    pub(crate) fn ending_sign_in(&self, base_url: &str) -> Map<String, Value> {
        self.sign_in(base_url, SystemClock.now() + TimeDelta::seconds(30))
    }
}

/// The number of the refresh token in a file.
pub(crate) fn number(file: &Map<String, Value>) -> u64 {
    let token = file["refresh_token"].as_str().unwrap();
    token.strip_prefix(REFRESH).unwrap().parse().unwrap()
}

async fn refresh(
    State(endpoint): State<Arc<Endpoint>>,
    Form(asked): Form<Asked>,
) -> (StatusCode, Json<Value>) {
    let answer = answer(&endpoint.remembered, &asked);
    let mut stalled = endpoint.is_stalled.subscribe();
    stalled.wait_for(|is_stalled| !is_stalled).await.unwrap();
    answer
}

fn answer(remembered: &Mutex<Remembered>, asked: &Asked) -> (StatusCode, Json<Value>) {
    assert_eq!(asked.grant_type, "refresh_token");
    let presented = asked.refresh_token.strip_prefix(REFRESH).unwrap();
    let presented: u64 = presented.parse().unwrap();
    let mut state = remembered.lock().unwrap();
    state.requests += 1;
    // A client that is killed before it stores the response repeats the previous token; the response
    // was lost.
    let is_lost_answer = presented + 1 == state.latest && state.presented == presented;
    if presented != state.latest && !is_lost_answer {
        state.replays += 1;
        return (
            StatusCode::BAD_REQUEST,
            Json(json!({"error": "invalid_grant"})),
        );
    }
    state.presented = presented;
    state.latest = presented + 1;
    let number = state.latest;
    // Just longer than the five minutes before its end in which a token is refreshed.
    let answer = json!({
        "access_token": format!("{ACCESS}{number}"), "refresh_token": format!("{REFRESH}{number}"),
        "token_type": "Bearer", "expires_in": 301,
    });
    (StatusCode::OK, Json(answer))
}
