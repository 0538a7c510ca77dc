//! The data plane: what users' tools call. A request crosses these steps in this order:
//!
//! [`route`] → [`authenticate`] → [`model`] → [`admit`] → [`meter`] → [`forward`] → the engine.

mod admission;
mod answer;
mod authenticate;
mod body;
mod dialect;
mod error_response;
mod forward;
#[doc(hidden)]
pub mod fuzzing;
mod headers;
mod memory;
mod meter;
mod metrics;
mod model;
mod pacing;
mod receipts;
mod route;
mod serve;
mod trace;
mod upgrade;

use std::sync::Arc;

use axum::{Router, http::HeaderValue, routing::any};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer, ExposeHeaders};
use url::Url;

pub use self::metrics::{GatewayMetrics, GatewayState};
use self::{admission::KeptBounds, forward::Upstream, memory::Memory, meter::Drainer};
use crate::{
    client_address::ClientAddresses,
    clock::SharedClock,
    deadlines::Deadlines,
    domain::{
        api_keys::KeyRing, ledger::Ledger, prices::Prices, provider_accounts::ProviderAccounts,
        requests::Recorder, settings::Settings,
    },
    engine::EngineHandle,
    outage::{FLAPPING, Outage},
    traces::Traces,
};

/// What the gateway needs, and no more.
#[derive(Clone, Debug)]
pub struct GatewayOptions {
    pub keys: KeyRing,
    pub recorder: Recorder,
    pub ledger: Ledger,
    pub prices: Prices,
    pub accounts: ProviderAccounts,
    pub settings: Settings,
    pub engine: EngineHandle,
    pub clock: SharedClock,
    pub addresses: ClientAddresses,
    /// Where tools reach us, for the errors that say so.
    pub public_url: Url,
    /// Browser origins that may call us.
    pub cors_allowed_origins: Vec<HeaderValue>,
    pub traces: Traces,
    pub deadlines: Deadlines,
    /// Memory for what clients have sent and the engine has not been given, in bytes.
    pub held_bytes: usize,
    /// Waits at the end for sockets and abandoned answers.
    pub tasks: TaskTracker,
    /// When to begin nothing new on what is open.
    pub stop: CancellationToken,
    /// When to end what is still under way.
    pub deadline: CancellationToken,
}

/// The data plane.
#[derive(Clone, Debug)]
pub struct Gateway(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    keys: KeyRing,
    recorder: Recorder,
    ledger: Ledger,
    prices: Prices,
    kept_bounds: KeptBounds,
    settings: Settings,
    engine: EngineHandle,
    clock: SharedClock,
    addresses: ClientAddresses,
    /// The public URL without a slash at the end.
    base_url: Arc<str>,
    cors_allowed_origins: Vec<HeaderValue>,
    traces: Traces,
    metrics: GatewayMetrics,
    upstream: Upstream,
    drainer: Drainer,
    memory: Memory,
    deadlines: Deadlines,
    tasks: TaskTracker,
    stop: CancellationToken,
    deadline: CancellationToken,
    in_flight: TaskTracker,
    /// Whether the engine answers.
    engine_outage: Arc<Outage>,
}

impl Gateway {
    /// A gateway before this engine. `in_flight` counts the requests on their way to it.
    pub fn new(options: GatewayOptions, in_flight: TaskTracker) -> anyhow::Result<Self> {
        let drainer = Drainer::new(
            options.settings.clone(),
            options.tasks.clone(),
            options.deadline.clone(),
        );
        Ok(Self(Arc::new(Parts {
            keys: options.keys,
            recorder: options.recorder,
            ledger: options.ledger,
            prices: options.prices,
            kept_bounds: KeptBounds::new(options.accounts),
            settings: options.settings,
            engine: options.engine,
            clock: options.clock,
            addresses: options.addresses,
            base_url: options.public_url.as_str().trim_end_matches('/').into(),
            cors_allowed_origins: options.cors_allowed_origins,
            traces: options.traces,
            metrics: GatewayMetrics::default(),
            upstream: Upstream::new()?,
            drainer,
            memory: Memory::with_kib(options.held_bytes / 1024),
            deadlines: options.deadlines,
            tasks: options.tasks,
            stop: options.stop,
            deadline: options.deadline,
            in_flight,
            engine_outage: Arc::new(Outage::new(FLAPPING)),
        })))
    }

    /// How the gateway stands.
    pub fn state(&self) -> GatewayState {
        GatewayState {
            metrics: self.0.metrics.clone(),
            in_flight: self.0.in_flight.clone(),
            drainer: self.0.drainer.clone(),
        }
    }

    /// Serves everything that the engine has for users.
    pub fn router(&self) -> Router {
        let mut router = Router::new();
        for prefix in route::PREFIXES {
            router = router
                .route(prefix, any(serve::serve))
                .route(&format!("{prefix}/"), any(serve::serve))
                .route(&format!("{prefix}/{{*path}}"), any(serve::serve));
        }
        self.open_to_origins(router.with_state(self.clone()))
    }

    /// Serves what no other part of the server does: requests of tools whose base URL is a little wrong,
    /// and errors that name the right one.
    pub fn misdirected(&self) -> Router {
        let router = Router::new().fallback(serve::serve);
        self.open_to_origins(router.with_state(self.clone()))
    }

    fn open_to_origins(&self, router: Router) -> Router {
        match self.0.cors_allowed_origins.as_slice() {
            [] => router,
            origins => router.layer(cors(origins)),
        }
    }
}

/// Lets pages of these origins call us. Cookies mean nothing here, so none are allowed.
fn cors(origins: &[HeaderValue]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().cloned()))
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(ExposeHeaders::any())
}
