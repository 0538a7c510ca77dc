//! Responses that several routes share, and the headers that the engine adds to every response.

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use canned::{anthropic, openai};
use serde_json::json;

use crate::config::Provider;
use crate::say;

/// `GET /healthz`.
pub(crate) async fn healthy() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

/// An unknown route has no body.
pub(crate) async fn not_found() -> StatusCode {
    StatusCode::NOT_FOUND
}

/// Adds CORS headers to every response and a line to the log.
pub(crate) async fn finish(request: Request, next: Next) -> Response {
    let line = format!("{} \"{}\"", request.method(), request.uri().path());
    let is_quiet = request.uri().path() == "/healthz";
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    if !is_quiet {
        let status = response.status().as_u16();
        say::info(
            "gin_logger.go:97",
            &format!("{status} | 1ms | 127.0.0.1 | {line}"),
        );
    }
    let headers = response.headers_mut();
    headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
    headers.insert(
        "access-control-allow-headers",
        HeaderValue::from_static("*"),
    );
    headers.insert(
        "access-control-allow-methods",
        HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE, OPTIONS"),
    );
    response
}

/// No credential serves the model.
pub(crate) fn unknown_model(model: &str, protocol: Provider) -> Response {
    let message = format!("unknown provider for model {model}");
    let error = match protocol {
        Provider::Claude => anthropic::error(400, &message),
        Provider::Codex
        | Provider::Gemini
        | Provider::Xai
        | Provider::Vertex
        | Provider::Interactions
        | Provider::Compatible => openai::error(
            &message,
            "invalid_request_error",
            "model_not_found",
            Some("model"),
        ),
    };
    (StatusCode::BAD_REQUEST, Json(error)).into_response()
}

/// Every credential that serves the model is in cooldown after a rejection.
pub(crate) fn no_credential(model: &str, provider: &str) -> Response {
    let message =
        format!("auth_unavailable: no auth available (providers={provider}, model={model})");
    failure(StatusCode::SERVICE_UNAVAILABLE, &message)
}

/// The upstream could not be reached, or the request needs the real engine.
pub(crate) fn failure(status: StatusCode, message: &str) -> Response {
    let error = openai::error(message, "server_error", "internal_server_error", None);
    (status, Json(error)).into_response()
}
