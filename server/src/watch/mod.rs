//! `/metrics` for Prometheus, with a token or on a separate listener. Events are counted where they happen; gauges are
//! set at each scrape.

mod gauges;
mod page;
mod process;
mod request_metrics;
mod state;

use std::{sync::Arc, time::Duration};

use axum::Router;
use secrecy::SecretString;
use tokio::sync::Mutex;

pub use self::{gauges::Gauges, request_metrics::RequestMetrics};
use crate::{
    clock::SharedClock,
    db::Database,
    domain::{
        backups::Backups, ledger::Ledger, provider_accounts::ProviderAccounts,
        requests::RequestLog, shares::Shares, usage::Usage,
    },
    engine::EngineHandle,
    gateway,
    metrics::Registry,
    notify,
    outage::Outage,
};

/// The sources of the gauges.
#[derive(Clone, Debug)]
pub struct MetricSources {
    pub db: Database,
    pub clock: SharedClock,
    pub requests: RequestLog,
    pub request_metrics: RequestMetrics,
    pub usage: Usage,
    pub ledger: Ledger,
    pub shares: Shares,
    pub accounts: ProviderAccounts,
    pub backups: Backups,
    pub engine: EngineHandle,
    pub gateway: gateway::GatewayState,
    pub notifications: notify::NotificationMetrics,
    pub version: &'static str,
}

/// The registry and its gauges. Cheap to clone.
#[derive(Clone, Debug)]
pub struct MetricsExporter(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    registry: Registry,
    gauges: Gauges,
    sources: MetricSources,
    token: Option<SecretString>,
    /// Serialises scrapes, which bounds their load on the database.
    turn: Mutex<()>,
    database_outage: Outage,
}

impl MetricsExporter {
    /// An exporter of these sources. With a token, requests need it.
    pub fn new(sources: MetricSources, token: Option<SecretString>) -> Self {
        let gauges = Gauges::default();
        let (gateway, notifications) = (&sources.gateway.metrics, &sources.notifications);
        let registry = registry(&sources.request_metrics, gateway, notifications, &gauges);
        Self(Arc::new(Parts {
            registry,
            gauges,
            sources,
            token,
            turn: Mutex::default(),
            database_outage: Outage::new(Duration::ZERO),
        }))
    }

    /// `/metrics` on the main listener; off without a token.
    pub fn beside_pages(&self) -> Router {
        page::router(self.0.token.is_some().then(|| self.clone()))
    }

    /// `/metrics` on the separate listener.
    pub fn alone(&self) -> Router {
        page::router(Some(self.clone()))
    }
}

/// A registry with all metrics of a server, without events, for the documentation.
pub fn empty_registry() -> Registry {
    registry(
        &RequestMetrics::default(),
        &gateway::GatewayMetrics::default(),
        &notify::NotificationMetrics::default(),
        &Gauges::default(),
    )
}

fn registry(
    requests: &RequestMetrics,
    gateway: &gateway::GatewayMetrics,
    notifications: &notify::NotificationMetrics,
    gauges: &Gauges,
) -> Registry {
    let mut registry = Registry::default();
    requests.register_on(&mut registry);
    gateway.register_on(&mut registry);
    notifications.register_on(&mut registry);
    gauges.register_on(&mut registry);
    registry
}
