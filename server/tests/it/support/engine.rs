//! A scripted engine: speaks HTTP, and records requests byte by byte.

use std::net::SocketAddr;

use axum::{
    Json, Router,
    extract::Request,
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::get,
};
use serde_json::json;
use tokio::net::TcpListener;

/// The script of the engine.
pub(crate) type Script = Router;

/// Serves a script on a socket of its own, with what the server probes for.
pub(crate) async fn scripted(script: Script) -> SocketAddr {
    let health = Router::new().route("/healthz", get(async || StatusCode::OK));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = script.merge(health).layer(middleware::from_fn(with_models));
    #[expect(
        clippy::disallowed_methods,
        reason = "the engine is killed with the test"
    )]
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Every engine lists models, whatever its script: the server requests them.
async fn with_models(request: Request, next: Next) -> Response {
    let lists = request.uri().path() == "/v1/models";
    let response = next.run(request).await;
    if lists && response.status().is_client_error() {
        return Json(json!({ "object": "list", "data": [] })).into_response();
    }
    response
}
