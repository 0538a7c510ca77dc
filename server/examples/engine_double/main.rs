//! A double of the engine: a separate program with the engine's interface, including its failures. It forwards each
//! protocol to upstreams of that protocol; it does not translate.

mod access;
mod answers;
mod auth_files;
mod catalogue;
mod config;
mod forward;
mod login;
mod management;
mod models;
mod record;
mod say;
mod socket;
mod tap;
mod variant;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, delete, get, post};
use tokio::signal::unix::{SignalKind, signal};

use self::config::Live;

/// Exit codes are not meaningful: 0 after every failure, except for unknown flags.
fn main() -> ExitCode {
    let variant = variant::variant();
    let version = variant.version.as_deref().unwrap_or("0.0.0-double");
    say::plain(&format!(
        "CLIProxyAPI Version: {version}, Commit: none, BuiltAt: unknown"
    ));
    let Some((path, refreshes_catalogue)) = arguments() else {
        return ExitCode::from(2);
    };
    let live = match Live::open(path, refreshes_catalogue) {
        Ok(live) => Arc::new(live),
        Err(reason) => {
            say::error("main.go:1", &format!("failed to load config: {reason}"));
            return ExitCode::SUCCESS;
        }
    };
    match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime.block_on(run(live)),
        Err(error) => say::error("main.go:2", &error.to_string()),
    }
    ExitCode::SUCCESS
}

/// The configuration, and whether the model catalogue is refreshed.
fn arguments() -> Option<(PathBuf, bool)> {
    let mut words = std::env::args_os().skip(1);
    let mut path = PathBuf::from("config.yaml");
    let mut refreshes_catalogue = true;
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("-config" | "--config") => path = words.next()?.into(),
            Some("-local-model") => refreshes_catalogue = false,
            _ => return None,
        }
    }
    Some((path, refreshes_catalogue))
}

/// Serves until cancelled, which aborts every stream.
async fn run(live: Arc<Live>) {
    let address = live.address();
    let Ok(mut terminated) = signal(SignalKind::terminate()) else {
        return;
    };
    let bound = tokio::net::TcpListener::bind(&address).await;
    let served = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let watching = watch::follow(&live);
        // Said whether the port was free or not.
        say::plain(&format!("API server started successfully on: {address}"));
        say::info("clients.go:152", "full client load complete - some clients");
        tokio::join!(
            watching,
            auth_files::follow(live.clone()),
            catalogue::follow(live.clone())
        );
    };
    tokio::select! {
        _ = terminated.recv() => {}
        () = served => {}
        reason = serve(bound, address.clone(), live.clone()) => {
            tokio::time::sleep(Duration::from_millis(120)).await;
            say::error("run.go:66", &reason);
        }
    }
}

async fn serve(
    bound: std::io::Result<tokio::net::TcpListener>,
    address: String,
    live: Arc<Live>,
) -> String {
    let prefix = "proxy service exited with error: failed to start HTTP server";
    let Ok(listener) = bound else {
        tokio::time::sleep(Duration::from_millis(100)).await;
        return format!("{prefix}: listen tcp {address}: bind: address already in use");
    };
    match axum::serve(listener, router(live)).await {
        Ok(()) => prefix.to_owned(),
        Err(error) => format!("{prefix}: {error}"),
    }
}

fn router(live: Arc<Live>) -> Router {
    let proxied = Router::new()
        .route("/v1/models", get(models::list))
        .route("/v1beta/models", get(models::list_gemini))
        .route("/v1/chat/completions", post(forward::chat))
        .route("/v1/messages", post(forward::messages))
        .route("/v1/messages/count_tokens", post(forward::count_tokens))
        .route(
            "/v1/responses",
            post(forward::responses).get(socket::responses),
        )
        .route("/v1beta/models/{*action}", post(forward::gemini))
        .route("/v1beta/interactions", post(forward::interactions))
        .layer(from_fn_with_state(live.clone(), access::require_key));
    let managed = Router::new()
        .route("/v0/management/config", get(management::config))
        .route("/v0/management/usage-queue", get(management::usage_queue))
        .route("/v0/management/auth-files", get(management::auth_files))
        .route("/v0/management/api-call", post(management::call))
        .route("/v0/management/reset-quota", post(management::reset_quota))
        .route(
            "/v0/management/model-definitions/{channel}",
            get(management::definitions),
        )
        .route("/v0/management/antigravity-auth-url", get(login::begin))
        .route("/v0/management/get-auth-status", get(login::status))
        .route("/v0/management/oauth-session", delete(login::forget))
        .route("/v0/management/{*rest}", any(answers::not_found))
        .layer(from_fn_with_state(
            live.clone(),
            access::require_management_key,
        ));
    Router::new()
        .route("/healthz", get(answers::healthy))
        // Needs no key: the state authenticates the request.
        .route("/v0/management/oauth-callback", post(login::answer))
        .merge(proxied)
        .merge(managed)
        .layer(axum::middleware::from_fn(answers::finish))
        .with_state(live)
}
