//! The data plane, which users' tools call. [`stack`] lists what happens to a request, in order.

mod admission;
mod agent_session;
mod answer;
mod body;
mod catalogue;
mod choose;
mod context;
mod dialect;
mod error_message;
mod error_response;
mod fail_over;
mod forward;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod headers;
mod layers;
mod memory;
mod meter;
mod metrics;
mod model;
mod receipts;
mod report;
mod route;
mod trace;
mod upgrade;
mod wait;

use std::{
    convert::Infallible,
    fmt,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, Response},
};
use futures_util::future::{BoxFuture, FutureExt as _};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{Service, ServiceBuilder, ServiceExt as _};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer, ExposeHeaders};
use url::Url;

pub use self::metrics::GatewayMetrics;
use self::{
    admission::{AdmissionControl, KeptBounds},
    agent_session::GuessedSessions,
    answer::Responder,
    catalogue::Catalogue,
    choose::AccountChoice,
    error_message::ErrorMessages,
    error_response::ErrorResponses,
    fail_over::FailOver,
    forward::{EngineClient, EngineOutage},
    layers::{
        Authentication, ForwardService, Limiting, Metering, ModelReading, Received,
        ReceivedRequest, Recording, Routing, layer, shared_layer,
    },
    memory::Memory,
    meter::Drainer,
    receipts::Receipts,
    report::Reports,
    upgrade::Sockets,
    wait::WaitControl,
};
use crate::{
    client_address::{ClientAddresses, PeerAddress},
    clock::SharedClock,
    deadlines::Deadlines,
    domain::{
        account_groups::AccountAccess, account_limits::AccountLimits, ledger::Ledger,
        prices::Prices, provider_accounts::ProviderAccounts, requests::Recorder,
        settings::Settings, shares::Shares, usage::Usage, users::api_keys::KeyRing,
    },
    engine::EngineHandle,
    in_flight::InFlight,
    traces::Traces,
};

#[derive(Clone, Debug)]
pub struct GatewayOptions {
    pub keys: KeyRing,
    pub recorder: Recorder,
    pub ledger: Ledger,
    pub prices: Prices,
    pub accounts: ProviderAccounts,
    /// Which callers may use which accounts.
    pub access: AccountAccess,
    pub shares: Shares,
    pub settings: Settings,
    pub usage: Usage,
    pub account_limits: AccountLimits,
    pub engine: EngineHandle,
    pub clock: SharedClock,
    pub addresses: ClientAddresses,
    /// The base URL of tools, for errors that name it.
    pub public_url: Url,
    /// Browser origins that may call the gateway.
    pub cors_allowed_origins: Vec<HeaderValue>,
    pub traces: Traces,
    pub deadlines: Deadlines,
    /// Memory for what clients have sent and the engine has not received, in bytes.
    pub held_bytes: usize,
    /// The server waits for these at its end: sockets and abandoned answers.
    pub tasks: TaskTracker,
    /// Cancelled when no new turns may begin on open sockets.
    pub stop: CancellationToken,
    /// Cancelled when the server ends what still runs.
    pub deadline: CancellationToken,
}

/// The data plane. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gateway {
    stack: Stack,
    endpoints: Router,
    fallback: Router,
    state: GatewayState,
}

type AnswerFuture = BoxFuture<'static, Result<Response<Body>, Infallible>>;

/// The stack, of whatever type it is.
#[derive(Clone)]
struct Stack(Arc<dyn Fn(ReceivedRequest) -> AnswerFuture + Send + Sync>);

impl fmt::Debug for Stack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Stack")
    }
}

/// The requests in flight, for gauges. It keeps nothing alive.
#[derive(Clone, Debug)]
pub struct GatewayState {
    pub metrics: GatewayMetrics,
    in_flight: InFlight,
    drainer: Drainer,
}

impl GatewayState {
    /// Sets the gauges to what is running now.
    pub fn look(&self) {
        self.metrics
            .observe(self.in_flight.all().len(), self.drainer.running());
    }
}

impl Gateway {
    /// A gateway in front of this engine. `in_flight` counts the requests on their way to it.
    pub fn new(options: GatewayOptions, in_flight: InFlight) -> anyhow::Result<Self> {
        let drainer = Drainer::new(
            options.settings.clone(),
            options.tasks.clone(),
            options.deadline.clone(),
        );
        let state = GatewayState {
            metrics: GatewayMetrics::default(),
            in_flight,
            drainer,
        };
        let stack = stack(options, &state)?;
        let routed = stack.clone().map_request(received_by_router);
        let mut endpoints = Router::new();
        for prefix in route::PREFIXES {
            for path in [
                prefix.to_owned(),
                format!("{prefix}/"),
                format!("{prefix}/{{*path}}"),
            ] {
                endpoints = endpoints.route_service(&path, routed.clone());
            }
        }
        let fallback = Router::new().fallback_service(routed);
        Ok(Self {
            stack: Stack(Arc::new(move |request| {
                stack.clone().oneshot(request).boxed()
            })),
            endpoints,
            fallback,
            state,
        })
    }

    pub fn state(&self) -> GatewayState {
        self.state.clone()
    }

    /// Whether a request with this path is for the engine, or for an endpoint of our own that needs a key.
    pub fn serves(path: &str) -> bool {
        route::is_served(path)
    }

    /// Serves a request that [`Gateway::serves`]. It passes no router: most requests of a server are served here.
    pub fn serve(&self, request: Request, peer: PeerAddress) -> AnswerFuture {
        let peer = Some(peer);
        (self.stack.0)(request.map(|body| Received { body, peer }))
    }

    /// Serves every endpoint of the engine that is for users.
    pub fn router(&self) -> Router {
        self.endpoints.clone()
    }

    /// Serves the paths that nothing else serves: corrects slightly wrong base URLs of tools, and answers others with an
    /// error that names the right one.
    pub fn misdirected(&self) -> Router {
        self.fallback.clone()
    }
}

/// A router knows the peer of a request by its extensions.
fn received_by_router(request: Request) -> ReceivedRequest {
    let peer = request.extensions().get().copied();
    request.map(|body| Received { body, peer })
}

/// The steps of a request, from the client to the engine; the response passes them in reverse.
fn stack(
    options: GatewayOptions,
    state: &GatewayState,
) -> anyhow::Result<
    impl Service<ReceivedRequest, Response = Response<Body>, Error = Infallible, Future: Send + 'static>
    + Clone
    + Send
    + Sync
    + 'static,
> {
    let components = Components::new(&options, state)?;
    let sockets = components.sockets(&options, state);
    let fail_over = Arc::new(components.fail_over(&options));
    Ok(ServiceBuilder::new()
        // A preflight request has no key, so it is answered before authentication.
        .option_layer(cors(&options.cors_allowed_origins))
        // Every later decision depends on the endpoint; errors of all layers leave in the dialect of its clients.
        .layer(layer(Routing {
            clock: options.clock,
            errors: components.errors,
        }))
        // Every key is in memory, with the networks and clients that it is for: an unknown client costs no query and no byte
        // of its body.
        .layer(layer(Authentication {
            keys: options.keys,
            addresses: options.addresses,
        }))
        // Our own endpoints are no requests: they are answered from memory and not recorded.
        .layer(layer(Reports {
            settings: options.settings.clone(),
            usage: options.usage,
        }))
        // From here on a request is recorded, however it ends.
        .layer(layer(Recording {
            receipts: Arc::clone(&components.receipts),
            traces: options.traces,
            guessed: GuessedSessions::default(),
        }))
        // Rate and concurrency depend on the caller alone, so they hold before a byte of the body is read.
        .layer(layer(Limiting {
            admission: Arc::clone(&components.admission),
        }))
        // A WebSocket names a model in each message, so it leaves the stack: each turn is admitted and metered by itself.
        .layer(layer(sockets))
        // All other limits may depend on the model. The bytes that are read are held in bounded memory and forwarded first.
        .layer(layer(ModelReading {
            memory: components.memory,
            settings: options.settings,
        }))
        // Reserves the worst case and journals the request: one that cannot be recorded is not forwarded.
        .layer(shared_layer(&components.admission))
        // Reads usage from the answer as it passes, and settles exactly once.
        .layer(layer(Metering {
            receipts: components.receipts,
            responder: components.responder,
            drainer: state.drainer.clone(),
        }))
        // Sends the body unchanged; `docs/verbatim.md` lists the headers that change.
        .service(ForwardService::new(fail_over)))
}

/// Components that several layers share.
struct Components {
    errors: Arc<ErrorResponses>,
    receipts: Arc<Receipts>,
    admission: Arc<AdmissionControl>,
    responder: Arc<Responder>,
    engine: Arc<EngineClient>,
    choice: Arc<AccountChoice>,
    memory: Memory,
}

impl Components {
    #[expect(clippy::too_many_lines, reason = "a list")]
    fn new(options: &GatewayOptions, state: &GatewayState) -> anyhow::Result<Self> {
        let errors = ErrorResponses::new(state.metrics.clone(), &options.public_url);
        let errors = Arc::new(errors);
        let receipts = Arc::new(Receipts::new(
            options.recorder.clone(),
            Arc::new(ErrorMessages {
                settings: options.settings.clone(),
                engine: options.engine.clone(),
            }),
            state.in_flight.clone(),
            options.tasks.clone(),
            options.deadline.clone(),
        ));
        let settings = &options.settings;
        let memory = Memory::with_kib(options.held_bytes / 1024);
        let catalogue = Arc::new(Catalogue {
            accounts: options.accounts.clone(),
            engine: options.engine.clone(),
            prices: options.prices.clone(),
            access: options.access.clone(),
            cached: Mutex::default(),
        });
        let choice = Arc::new(AccountChoice::new(
            (options.engine.clone(), options.access.clone()),
            options.account_limits.clone(),
            (settings.clone(), options.clock.clone()),
            state.metrics.route_mismatches.clone(),
        ));
        let engine = Arc::new(EngineClient::new(options.engine.clone(), settings.clone())?);
        let admission = AdmissionControl {
            ledger: options.ledger.clone(),
            prices: options.prices.clone(),
            settings: settings.clone(),
            shares: options.shares.clone(),
            kept_bounds: KeptBounds {
                catalogue: Arc::clone(&catalogue),
                ledger: options.ledger.clone(),
            },
            receipts: Arc::clone(&receipts),
            choice: Arc::clone(&choice),
            keys: options.keys.clone(),
            traces: options.traces.clone(),
            waits: WaitControl {
                metrics: state.metrics.waits.clone(),
                stop: options.stop.clone(),
            },
            memory: memory.clone(),
        };
        Ok(Self {
            admission: Arc::new(admission),
            responder: Arc::new(Responder {
                settings: settings.clone(),
                prices: options.prices.clone(),
                catalogue,
                drainer: state.drainer.clone(),
                errors: Arc::clone(&errors),
                outage: EngineOutage::default(),
                choice: Arc::clone(&choice),
                engine: Arc::clone(&engine),
                engine_state: options.engine.clone(),
                clock: options.clock.clone(),
            }),
            engine,
            memory,
            choice,
            errors,
            receipts,
        })
    }

    fn fail_over(&self, options: &GatewayOptions) -> FailOver {
        FailOver {
            engine: Arc::clone(&self.engine),
            choice: Arc::clone(&self.choice),
            memory: self.memory.clone(),
            settings: options.settings.clone(),
        }
    }

    fn sockets(&self, options: &GatewayOptions, state: &GatewayState) -> Sockets {
        Sockets {
            keys: options.keys.clone(),
            clock: options.clock.clone(),
            settings: options.settings.clone(),
            admission: Arc::clone(&self.admission),
            receipts: Arc::clone(&self.receipts),
            engine: Arc::clone(&self.engine),
            choice: Arc::clone(&self.choice),
            responder: Arc::clone(&self.responder),
            drainer: state.drainer.clone(),
            memory: self.memory.clone(),
            metrics: state.metrics.clone(),
            levels: options.accounts.windows().sockets().clone(),
            traces: options.traces.clone(),
            deadlines: options.deadlines,
            tasks: options.tasks.clone(),
            stop: options.stop.clone(),
            deadline: options.deadline.clone(),
        }
    }
}

/// Lets pages of these origins call the gateway. It reads no cookies, so none are allowed.
fn cors(origins: &[HeaderValue]) -> Option<CorsLayer> {
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins.iter().cloned()))
            .allow_methods(AllowMethods::mirror_request())
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers(ExposeHeaders::any())
    })
}
