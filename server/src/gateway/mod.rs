//! The data plane: what users' tools call. A request crosses these steps in this order:
//!
//! [`route`] → [`authenticate`] → [`model`] → [`admit`] → [`meter`] → [`forward`] → the engine.

mod admit;
mod arrival;
mod authenticate;
mod body;
mod dialect;
mod forward;
#[doc(hidden)]
pub mod fuzzing;
mod kept_bounds;
mod meter;
mod model;
mod model_list;
mod pacing;
mod refusal;
mod route;
mod serve;
mod tally;
mod trace;
mod upgrade;

use std::sync::Arc;

use axum::{Router, http::HeaderValue, routing::any};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer, ExposeHeaders};

pub use self::tally::{State, Tally};
use self::{forward::Upstream, kept_bounds::KeptBounds, meter::Drainer};
use crate::{
    client_address::ClientAddresses,
    clock::SharedClock,
    domain::{
        api_keys::KeyRing, ledger::Ledger, prices::Prices, provider_accounts::ProviderAccounts,
        requests::Recorder, settings::Settings,
    },
    engine::Engine,
    traces::Traces,
};

/// Memory for request bodies whose model is not known yet, in KiB.
const HELD_KIB: usize = 512 * 1024;

/// What the gateway needs, and no more.
#[derive(Clone, Debug)]
pub struct GatewayOptions {
    pub keys: KeyRing,
    pub recorder: Recorder,
    pub ledger: Ledger,
    pub prices: Prices,
    pub accounts: ProviderAccounts,
    pub settings: Settings,
    pub engine: Engine,
    pub clock: SharedClock,
    pub addresses: ClientAddresses,
    /// Browser origins that may call us.
    pub cors_allowed_origins: Vec<HeaderValue>,
    pub traces: Traces,
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
    engine: Engine,
    clock: SharedClock,
    addresses: ClientAddresses,
    cors_allowed_origins: Vec<HeaderValue>,
    traces: Traces,
    tally: Tally,
    upstream: Upstream,
    drainer: Drainer,
    held: Arc<Semaphore>,
    tasks: TaskTracker,
    stop: CancellationToken,
    deadline: CancellationToken,
    in_flight: TaskTracker,
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
            cors_allowed_origins: options.cors_allowed_origins,
            traces: options.traces,
            tally: Tally::default(),
            upstream: Upstream::new()?,
            drainer,
            held: Arc::new(Semaphore::new(HELD_KIB)),
            tasks: options.tasks,
            stop: options.stop,
            deadline: options.deadline,
            in_flight,
        })))
    }

    /// How the gateway stands.
    pub fn state(&self) -> State {
        State {
            tally: self.0.tally.clone(),
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
        let router = router.with_state(self.clone());
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
