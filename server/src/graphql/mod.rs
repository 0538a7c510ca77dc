//! The control plane: one schema, one endpoint, a folder per noun. An operation passes through
//!
//! [`transport`] → [`resolver::guard`] → the noun's resolver → the domain.
//!
//! Nouns import [`types`] and [`resolver`], which import no noun; [`transport`] imports only the [`schema`].

mod account_group;
mod admin;
mod agent_session;
mod agent_sign_in;
mod alert;
mod audit;
mod audit_trail;
mod backup;
mod engine;
mod export;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod key;
mod model;
mod notification;
mod price;
mod provider;
mod quota;
mod request;
mod resolver;
mod saved_view;
mod schema;
mod services;
mod session;
mod settings;
mod share;
mod transport;
mod types;
mod usage;
mod user;

use async_graphql::SchemaBuilder;
use axum::Router;
use tokio_util::sync::CancellationToken;

use self::{
    audit_trail::{AuditTrail, FailedAttempts},
    schema::{Mutation, Query, Subscription},
    transport::{EndpointState, Streams, bounds::Bounds, budget::Budgets, report::Reports},
};
pub use self::{resolver::context::ServerFacts, schema::sdl, services::Services};
use crate::web::{self, Counter};

/// Serves `/graphql` and the downloads that it issues tickets for. `shutdown` ends streams and sockets.
pub fn router(services: Services, shutdown: CancellationToken) -> Router {
    let counter = Counter {
        authenticator: services.authenticator(),
        downloads: services.downloads.clone(),
        addresses: services.server.addresses.clone(),
    };
    let (addresses, tasks) = (services.server.addresses.clone(), services.tasks.clone());
    let budgets = Budgets::default();
    let schema = services
        .provide(builder())
        .data(budgets.clone())
        .data(FailedAttempts::default())
        .finish();
    let endpoint = transport::router(EndpointState {
        schema,
        authenticator: counter.authenticator.clone(),
        streams: Streams::default(),
        budgets,
        shutdown,
        addresses,
        tasks,
    });
    endpoint.merge(web::downloads(counter))
}

/// The schema with its extensions, from the outermost to the innermost.
fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    schema::builder()
        // Gives every error a code and logs our own.
        .extension(Reports)
        // Refuses and charges operations by their caller's limits.
        .extension(Bounds)
        // Records every mutation.
        .extension(AuditTrail)
}
