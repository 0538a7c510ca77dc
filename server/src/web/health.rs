//! Health endpoints for load balancers and operators.
//!
//! Ready means that the database responds and that the server is not stopping. The engine does not count: a load
//! balancer must not remove the control plane, where a broken engine is repaired.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT, AUTHORIZATION, COOKIE},
    },
    response::{IntoResponse as _, Response},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::time::timeout;
use uuid::Uuid;

use super::{Web, bearer_of, drip::Drips};
use crate::{
    db::Database,
    engine::{EngineState, EngineStatus},
};

/// A database that takes longer counts as unavailable.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// The state of the health handlers.
#[derive(Clone, Debug)]
pub(super) struct HealthHandler {
    web: Web,
    /// Random per start: shows whether two URLs lead to the same server.
    instance: Uuid,
    drips: Arc<Drips>,
}

impl HealthHandler {
    pub(super) fn new(web: Web) -> Self {
        Self {
            web,
            instance: Uuid::new_v4(),
            drips: Arc::default(),
        }
    }

    /// Whether the caller may see details. A caller that cannot be identified is anonymous, also while the
    /// database is away.
    async fn is_operator(&self, headers: &HeaderMap) -> bool {
        let bearer = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let bearer = bearer.and_then(bearer_of);
        if let (Some(bearer), Some(token)) = (&bearer, &self.web.metrics_token) {
            // Digests are compared, so that timing reveals nothing about the token.
            let digest = |secret: &SecretString| Sha256::digest(secret.expose_secret());
            if digest(bearer).ct_eq(&digest(token)).into() {
                return true;
            }
        }
        if bearer.is_none() && !headers.contains_key(COOKIE) {
            return false;
        }
        // The address matters to keys of users, which are not for operators.
        let identified = timeout(
            CHECK_TIMEOUT,
            self.web.authenticator.identify(headers, None),
        )
        .await;
        matches!(identified, Ok(Ok(caller)) if caller.viewer.role().is_some())
    }
}

/// The health report for anonymous callers.
#[derive(Debug, Serialize)]
pub(super) struct HealthReport {
    status: &'static str,
    ok: bool,
    /// Random per start: shows whether two URLs lead to the same server.
    instance: Uuid,
    #[serde(flatten)]
    details: Option<Details>,
}

/// The part for authenticated operators.
#[derive(Debug, Serialize)]
struct Details {
    version: &'static str,
    proxy_running: bool,
    proxy_pid: Option<u32>,
    uptime_seconds: i64,
    database_connected: bool,
    engine_state: &'static str,
}

/// Reports health: 200 when healthy, 503 when the database is away. Details need an administrator's session, an API
/// token or `METRICS_TOKEN`.
pub(super) async fn health(
    State(handler): State<HealthHandler>,
    headers: HeaderMap,
) -> (StatusCode, Json<HealthReport>) {
    let may_see_details = handler.is_operator(&headers).await;
    let web = handler.web;
    let database_connected = is_connected(&web.db).await;
    let status = if database_connected {
        "ok"
    } else {
        "unavailable"
    };
    let details = || {
        let engine = web.engine.status();
        Details {
            version: web.version,
            proxy_running: engine.state == EngineState::Running,
            proxy_pid: engine.pid,
            uptime_seconds: (web.clock.now() - web.started_at).num_seconds(),
            database_connected,
            engine_state: state_name(&engine),
        }
    };
    let health = HealthReport {
        status,
        ok: database_connected,
        instance: handler.instance,
        details: may_see_details.then(details),
    };
    (code(database_connected), Json(health))
}

/// Liveness: the process responds. With `Accept: text/event-stream`, sends the test stream.
pub(super) async fn alive(State(handler): State<HealthHandler>, headers: HeaderMap) -> Response {
    let accepts = headers.get(ACCEPT).map(HeaderValue::as_bytes);
    if accepts == Some(b"text/event-stream") {
        return handler.drips.answer();
    }
    "alive\n".into_response()
}

/// Readiness: whether a load balancer may send requests here.
pub(super) async fn ready(State(handler): State<HealthHandler>) -> (StatusCode, &'static str) {
    let web = handler.web;
    if web.shutdown.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    if is_connected(&web.db).await {
        (StatusCode::OK, "ready\n")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not respond\n",
        )
    }
}

async fn is_connected(db: &Database) -> bool {
    matches!(timeout(CHECK_TIMEOUT, db.ping()).await, Ok(Ok(())))
}

fn code(is_healthy: bool) -> StatusCode {
    if is_healthy {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

fn state_name(engine: &EngineStatus) -> &'static str {
    match engine.state {
        EngineState::Starting => "STARTING",
        EngineState::Running => "RUNNING",
        EngineState::BackingOff => "BACKING_OFF",
        EngineState::Stopped => "STOPPED",
        EngineState::Failed => "FAILED",
    }
}
