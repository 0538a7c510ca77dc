//! The handler of `/metrics`, and its token.

use axum::{
    Router,
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE},
    },
    response::{IntoResponse as _, Response},
    routing::get,
};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::MetricsExporter;

/// The content type of the Prometheus text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
const DISABLED: &str = "metrics are disabled: set METRICS_TOKEN to serve them here, or METRICS_LISTEN to serve them on an \
     address of their own\n";
const UNAUTHORIZED: &str =
    "metrics require METRICS_TOKEN: send \"Authorization: Bearer <token>\"\n";

/// `/metrics`, or 404 with the reason.
pub(super) fn router(watch: Option<MetricsExporter>) -> Router {
    match watch {
        Some(watch) => Router::new()
            .route("/metrics", get(metrics))
            .with_state(watch),
        None => Router::new().route("/metrics", get((StatusCode::NOT_FOUND, DISABLED))),
    }
}

async fn metrics(State(watch): State<MetricsExporter>, headers: HeaderMap) -> Response {
    if let Some(token) = &watch.0.token
        && !has_token(&headers, token)
    {
        let realm = [(WWW_AUTHENTICATE, "Bearer realm=\"metrics\"")];
        return (StatusCode::UNAUTHORIZED, realm, UNAUTHORIZED).into_response();
    }
    match watch.text().await {
        Ok(text) => {
            let headers = [(CONTENT_TYPE, TEXT_FORMAT), (CACHE_CONTROL, "no-store")];
            (headers, text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "cannot encode the metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Whether the request has the token. Digests are compared, so that timing reveals nothing.
fn has_token(headers: &HeaderMap, token: &SecretString) -> bool {
    const SCHEME: &str = "bearer ";
    let value = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let value = value.and_then(|value| value.split_at_checked(SCHEME.len()));
    let Some((scheme, presented)) = value else {
        return false;
    };
    let is_same = Sha256::digest(presented).ct_eq(&Sha256::digest(token.expose_secret()));
    scheme.eq_ignore_ascii_case(SCHEME.as_bytes()) && is_same.into()
}
