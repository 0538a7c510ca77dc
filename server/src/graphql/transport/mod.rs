//! How operations arrive and answers leave: HTTP, server-sent events and WebSocket, and what bounds each caller.
//!
//! [`endpoint`] (or [`socket`]) → [`document`] → [`bounds`] → the schema → [`report`].

pub(super) mod bounds;
pub(super) mod budget;
mod completion;
mod compression;
mod csrf;
pub(super) mod document;
mod endpoint;
mod events;
mod explorer;
pub(super) mod message;
mod rejection;
pub(super) mod report;
mod socket;
mod state;
mod streams;

use axum::{
    Router,
    routing::{get, post},
};

use self::explorer::Asset;
pub(super) use self::{state::EndpointState, streams::Streams};

/// Serves `/graphql` and the explorer.
pub(super) fn router(state: EndpointState) -> Router {
    Router::new()
        .route(
            "/graphql",
            post(endpoint::post)
                .layer(compression::layer())
                .get(endpoint::get),
        )
        .with_state(state)
        .route("/graphql/explorer.js", get(async || Asset::Script))
        .route("/graphql/explorer.css", get(async || Asset::Style))
}
