//! The page `/metrics`: who may see it, and what it says.

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

/// Of the text format of Prometheus.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OFF: &str = "the metrics are off: set METRICS_TOKEN to have them here, or METRICS_LISTEN to have them on an \
     address of their own\n";
const WRONG: &str =
    "the metrics need the token that METRICS_TOKEN holds: send \"Authorization: Bearer <token>\"\n";

/// The page, or word that there is none.
pub(super) fn router(watch: Option<MetricsExporter>) -> Router {
    match watch {
        Some(watch) => Router::new()
            .route("/metrics", get(metrics))
            .with_state(watch),
        None => Router::new().route("/metrics", get((StatusCode::NOT_FOUND, OFF))),
    }
}

async fn metrics(State(watch): State<MetricsExporter>, headers: HeaderMap) -> Response {
    if let Some(token) = &watch.0.token
        && !carries(&headers, token)
    {
        let realm = [(WWW_AUTHENTICATE, "Bearer realm=\"metrics\"")];
        return (StatusCode::UNAUTHORIZED, realm, WRONG).into_response();
    }
    match watch.text().await {
        Ok(text) => {
            let headers = [(CONTENT_TYPE, FORMAT), (CACHE_CONTROL, "no-store")];
            (headers, text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Whether the token is there. Digests are compared, so that the time it takes tells nothing of it.
fn carries(headers: &HeaderMap, token: &SecretString) -> bool {
    const SCHEME: &str = "bearer ";
    let told = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let told = told.and_then(|value| value.split_at_checked(SCHEME.len()));
    let Some((scheme, told)) = told else {
        return false;
    };
    let is_same = Sha256::digest(told).ct_eq(&Sha256::digest(token.expose_secret()));
    scheme.eq_ignore_ascii_case(SCHEME.as_bytes()) && is_same.into()
}
