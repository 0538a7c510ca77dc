//! The control plane: one schema, one endpoint. A request crosses these rooms in this order:
//!
//! [`endpoint`] (or [`socket`]) → [`document`] → [`bounds`] → [`guard`] → the noun's resolver → the domain.

mod admin;
mod admin_changes;
mod api_key;
mod api_key_changes;
mod api_key_search;
mod api_token;
mod audit_event;
mod audit_trail;
mod backup;
mod bounds;
mod budget;
mod client_setup;
mod confirmation;
mod context;
mod cost;
mod csrf;
mod document;
mod endpoint;
mod engine;
mod engine_log;
mod error;
mod events;
mod explorer;
mod export;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod guard;
mod input;
mod limits;
mod loaders;
mod message;
mod model;
mod model_alias;
mod notification;
mod notification_changes;
mod notification_input;
mod paging;
mod price;
mod provider;
mod provider_changes;
mod provider_health;
mod provider_login;
mod provider_query;
mod provider_settings;
mod provider_transfer;
mod quota;
mod quota_amount;
mod quota_changes;
mod rate_limit;
mod refusal;
mod report;
mod request;
mod request_filter;
mod request_log;
mod routing;
mod scalar;
mod schema;
mod second_factor;
mod server_info;
mod session;
mod settings;
mod sign_in;
mod socket;
mod tokens;
mod usage;
mod usage_input;
mod usage_live;
mod usage_slice;
mod user;
mod user_changes;
mod user_list;
mod viewer;

use axum::{Router, routing::get};
use tokio_util::sync::CancellationToken;

pub use self::{
    context::{ServerFacts, Services},
    schema::sdl,
};
use self::{endpoint::GraphqlEndpoint, explorer::Asset};
use crate::web::{self, Counter};

/// Serves `/graphql`, and the downloads that it gives tickets for. Streams end when `shutdown` does.
pub fn router(services: Services, shutdown: CancellationToken) -> Router {
    let downloads = services.downloads.clone();
    let endpoint = GraphqlEndpoint::new(services, shutdown);
    let counter = Counter {
        authenticator: endpoint.authenticator.clone(),
        downloads,
    };
    Router::new()
        .route("/graphql", get(endpoint::get).post(endpoint::post))
        .with_state(endpoint)
        .route("/graphql/explorer.js", get(async || Asset::Script))
        .route("/graphql/explorer.css", get(async || Asset::Style))
        .merge(web::downloads(counter))
}
