//! The engine's own sign-in in its management API: any code is accepted, except `bad`.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::Live;

/// How long the real engine takes to call the provider.
const EXCHANGE: Duration = Duration::from_millis(50);

/// The query of a sign-in's status.
#[derive(Deserialize)]
pub(crate) struct Which {
    state: String,
}

/// The parameters of the redirect.
#[derive(Deserialize)]
pub(crate) struct Answer {
    provider: String,
    state: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    error: String,
}

type Logins<'a> = MutexGuard<'a, HashMap<String, Option<Result<(), String>>>>;

fn logins(live: &Live) -> Logins<'_> {
    live.logins.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the authorization URL.
pub(crate) async fn begin(State(live): State<Arc<Live>>) -> Json<Value> {
    let state = hex::encode(rand::random::<[u8; 16]>());
    logins(&live).insert(state.clone(), None);
    let url = format!("https://accounts.google.com/o/oauth2/v2/auth?state={state}");
    Json(json!({ "status": "ok", "url": url, "state": state }))
}

/// Accepts the authorization response.
pub(crate) async fn answer(
    State(live): State<Arc<Live>>,
    Json(answer): Json<Answer>,
) -> (StatusCode, Json<Value>) {
    let refuse = |status, error: &str| (status, Json(json!({ "status": "error", "error": error })));
    if answer.provider != "antigravity" {
        return refuse(StatusCode::BAD_REQUEST, "provider does not match state");
    }
    match logins(&live).get(&answer.state) {
        None => return refuse(StatusCode::NOT_FOUND, "unknown or expired state"),
        Some(Some(_)) => return refuse(StatusCode::CONFLICT, "oauth flow is already completed"),
        Some(None) => {}
    }
    #[expect(clippy::disallowed_methods, reason = "it ends with the program")]
    tokio::spawn(exchange(live, answer));
    (StatusCode::OK, Json(json!({ "status": "ok" })))
}

async fn exchange(live: Arc<Live>, answer: Answer) {
    tokio::time::sleep(EXCHANGE).await;
    let outcome = if !answer.error.is_empty() {
        Err(answer.error)
    } else if answer.code.contains("bad") {
        Err(format!("failed to exchange {}", answer.code))
    } else {
        write_file(&live).map_err(|error| error.to_string())
    };
    logins(&live).insert(answer.state, Some(outcome));
}

fn write_file(live: &Live) -> std::io::Result<()> {
    let config = live.config.load();
    let directory = config.document["auth-dir"].as_str().unwrap_or_default();
    let path = std::path::Path::new(directory).join("antigravity-ada@example.org.json");
    let file = json!({
        "type": "antigravity", "access_token": "access", "refresh_token": "refresh",
        "expires_in": 3599, "email": "ada@example.org", "project_id": "project-1",
    });
    std::fs::write(path, file.to_string())
}

/// Returns the state of a sign-in.
pub(crate) async fn status(
    State(live): State<Arc<Live>>,
    Query(Which { state }): Query<Which>,
) -> Json<Value> {
    Json(match logins(&live).get(&state) {
        None => json!({ "status": "error", "error": "unknown or expired state" }),
        Some(None) => json!({ "status": "wait" }),
        Some(Some(Ok(()))) => json!({ "status": "ok" }),
        Some(Some(Err(error))) => json!({ "status": "error", "error": error }),
    })
}

/// Cancels a sign-in.
pub(crate) async fn forget(
    State(live): State<Arc<Live>>,
    Query(Which { state }): Query<Which>,
) -> Json<Value> {
    let cancelled = logins(&live).remove(&state).is_some();
    Json(json!({ "status": "ok", "cancelled": cancelled }))
}
