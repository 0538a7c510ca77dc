//! The web side of the control plane: authentication, CSRF protection, security headers, health, downloads and the
//! embedded front end.

mod agent_sign_in;
mod assets;
mod authenticator;
mod coding;
mod cookies;
mod csrf;
mod downloads;
mod drip;
mod headers;
mod health;
mod provider_login;
mod session_guard;
mod status;

use axum::{
    Router, middleware,
    routing::{any, get},
};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use url::Url;

pub use self::{
    agent_sign_in::{AgentOAuth, agent_router},
    authenticator::{AuthenticatedCaller, Authenticator, bearer_of},
    cookies::Cookies,
    csrf::{CSRF_HEADER, Origins, check_token},
    downloads::{Counter, downloads},
    provider_login::{LoginPages, login_router},
    session_guard::SessionGuard,
    status::status_of,
};
use crate::{clock::SharedClock, db::Database, engine::EngineHandle};

/// The dependencies of the pages.
#[derive(Clone, Debug)]
pub struct Web {
    pub db: Database,
    pub engine: EngineHandle,
    pub clock: SharedClock,
    pub started_at: DateTime<Utc>,
    pub version: &'static str,
    pub public_url: Url,
    /// Identifies administrators, who see details of the health report.
    pub authenticator: Authenticator,
    /// `METRICS_TOKEN`, which also opens the details.
    pub metrics_token: Option<SecretString>,
    /// Cancelled when the server stops, which makes it unready immediately.
    pub shutdown: CancellationToken,
}

/// Serves everything but the gateway: the control plane, the health endpoints and the front end, with the security
/// headers. All other requests go to `others`.
pub fn router(web: Web, control_plane: Router, others: Router) -> Router {
    let pages = assets::Pages::new(&web.public_url, others);
    let headers = headers::SecurityHeaders::new(&web.public_url);
    Router::new()
        .route("/healthz", get(health::health))
        .route("/livez", get(health::alive))
        .route("/readyz", get(health::ready))
        .with_state(health::HealthHandler::new(web))
        .merge(control_plane)
        .fallback_service(any(assets::page).with_state(pages))
        .layer(middleware::from_fn_with_state(headers, headers::secure))
}
