//! A server on standby: it responds to health checks and refuses other requests, until it takes over the database.

use std::{os::fd::AsFd as _, time::Duration};

use anyhow::Context as _;
use axum::{
    Json, Router,
    http::{
        StatusCode,
        header::{HeaderName, RETRY_AFTER},
    },
    routing::get,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::http_server::{self, ConnectionLimits, ShutdownPhase};

const GRACE: Duration = Duration::from_secs(1);
/// For clients that reach a standby, in seconds.
const RETRY_SECONDS: &str = "5";

/// The responses of a server on standby.
#[derive(Debug)]
pub struct Standby {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Standby {
    /// Responds to the connections of a listener until [`Self::end`]; the listener can be used afterwards.
    pub fn serve(listener: &TcpListener) -> anyhow::Result<Self> {
        let copy = listener.as_fd().try_clone_to_owned();
        let copy = copy.context("cannot share the listening socket")?;
        let listener = TcpListener::from_std(copy.into()).context("cannot listen on standby")?;
        let stop = CancellationToken::new();
        let ending = ShutdownPhase {
            stop: stop.clone(),
            grace: GRACE,
            deadline: CancellationToken::new(),
        };
        let tasks = TaskTracker::new();
        tasks.spawn(http_server::serve(
            listener,
            router(),
            ConnectionLimits::default(),
            ending,
            TaskTracker::new(),
        ));
        Ok(Self { stop, tasks })
    }

    /// Stops responding. Connections that come from now on wait for the server.
    pub async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn router() -> Router {
    Router::new()
        .route("/livez", get("alive\n"))
        .route(
            "/readyz",
            get((StatusCode::SERVICE_UNAVAILABLE, "standby\n")),
        )
        .route(
            "/healthz",
            get(Json(json!({ "status": "standby", "ok": true }))),
        )
        .fallback(refuse)
}

/// In the shape of errors that most SDKs parse.
async fn refuse() -> (StatusCode, [(HeaderName, &'static str); 1], Json<Value>) {
    let message = "this server is on standby; another one serves this database";
    let error =
        json!({ "error": { "message": message, "type": "server_error", "code": "standby" } });
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [(RETRY_AFTER, RETRY_SECONDS)],
        Json(error),
    )
}
