//! The composition root: only this module depends on all others.

mod core;
mod front;
mod observer;
mod options;
mod source;
mod standby;

use std::{ffi::OsString, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::Router;
use secrecy::ExposeSecret as _;
use tokio::{net::TcpListener, sync::mpsc, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;
use zeroize::Zeroizing;

pub use self::standby::Standby;
use self::{
    core::Core,
    front::Front,
    options::{
        connection_limits, engine_options, oauth_options, request_log_options, server_facts,
        update_place,
    },
    source::AppCredentialSource,
};
use crate::{
    alerting::{AlertWatcher, ConditionSources},
    checkup::{Checkup, CheckupOptions},
    clock::SharedClock,
    config::Config,
    db::{self, Database},
    disk,
    domain::{
        agent_sessions::AgentSessions,
        alerts::Alerts,
        api_tokens::ApiTokens,
        audit::Audit,
        backups::Backups,
        downloads::Downloads,
        engine_usage::EngineUsage,
        exports::Exports,
        login_throttle::LoginThrottle,
        notifications::{AlertAddresses, Notifications},
        requests::{Handles, Recorder, RequestLog},
        retention::Retention,
        saved_views::SavedViews,
        usage::Usage,
        users::{UserGroups, UserInvitations, Users, api_keys::AgentSignIns, quotas::Quotas},
        window_openings::WindowOpenings,
    },
    engine::{EngineContext, EngineHandle, EngineUpdates},
    gateway::{Gateway, GatewayOptions},
    graphql::{self, Services},
    http_server::{self, ConnectionLimits, ShutdownPhase},
    in_flight::InFlight,
    notify,
    oauth::OAuthService,
    price_feed::PriceFeed,
    traces::Traces,
    watch::{self, MetricsExporter, RequestMetrics},
    web::{self, AgentOAuth, LoginPages, Web},
};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How long background tasks may take to stop.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// The inputs of a server beside its configuration.
#[derive(Clone, Debug)]
pub struct Environment {
    pub clock: SharedClock,
    /// Our own program, which also launches the engine.
    pub launcher: PathBuf,
    /// `PATH`, where the engine is searched.
    pub search_path: OsString,
    /// Overrides the limits of the configuration.
    pub limits: Option<ConnectionLimits>,
    /// Overrides how long a refresh of a token can take in the engine.
    pub refresh_limit: Option<Duration>,
}

/// The clock, the tasks and the shutdown signals.
#[derive(Clone, Debug)]
struct Runtime {
    clock: SharedClock,
    /// Background tasks.
    tasks: TaskTracker,
    /// Requests in flight to the engine.
    in_flight: InFlight,
    ending: ShutdownPhase,
    /// Stops the engine, after everything else.
    engine_shutdown: CancellationToken,
}

impl Runtime {
    fn new(config: &Config, clock: SharedClock) -> Self {
        Self {
            clock,
            tasks: TaskTracker::new(),
            in_flight: InFlight::default(),
            ending: ShutdownPhase {
                stop: CancellationToken::new(),
                grace: config.shutdown_grace,
                deadline: CancellationToken::new(),
            },
            engine_shutdown: CancellationToken::new(),
        }
    }

    fn backups(&self, config: &Config, core: &Core) -> Backups {
        Backups::new(
            core.db.clone(),
            self.clock.clone(),
            config.storage.data_dir.clone(),
            config.backup_passphrase.clone(),
        )
    }

    fn checkup(&self, core: &Core, running: &Running) -> Checkup {
        Checkup::new(CheckupOptions {
            accounts: core.accounts.clone(),
            openings: WindowOpenings::new(core.db.clone(), self.clock.clone()),
            engine: running.engine.clone(),
            settings: core.settings.clone(),
            clock: self.clock.clone(),
            urls: running.oauth.check_urls(),
        })
    }

    fn engine_context(&self, core: &Core, usage: mpsc::Sender<EngineUsage>) -> EngineContext {
        let source = AppCredentialSource {
            accounts: core.accounts.clone(),
            access: core.account_groups.access().clone(),
            settings: core.settings.clone(),
            seen_models: core.seen_models.clone(),
        };
        EngineContext {
            source: Arc::new(source),
            clock: self.clock.clone(),
            usage,
            tasks: self.tasks.clone(),
            shutdown: self.engine_shutdown.clone(),
        }
    }
}

/// A complete server, ready to serve.
#[derive(Debug)]
pub struct App {
    db: Database,
    gateway: Gateway,
    /// Everything but the data plane.
    pages: Router,
    watch: MetricsExporter,
    /// The separate listener of the metrics.
    metrics: Option<TcpListener>,
    traces: Traces,
    services: Services,
    handles: Handles,
    limits: ConnectionLimits,
    life: Runtime,
    has_standby: bool,
    setup_url: Option<Zeroizing<String>>,
    /// Where the server writes files.
    directories: Vec<PathBuf>,
}

impl App {
    /// Opens the database, starts the engine and connects all modules.
    pub async fn build(config: Config, environment: Environment) -> anyhow::Result<Self> {
        let life = Runtime::new(&config, environment.clock.clone());
        let core = Box::pin(Core::open(&config, &life.clock)).await?;
        let request_metrics = RequestMetrics::default();
        let options = request_log_options(&config, &core, &life, &request_metrics);
        let (requests, handles) = RequestLog::open(options, &life.tasks).await?;
        let windows = core.accounts.windows().usage();
        windows.begin(requests.last_sequence().await?);
        let context = life.engine_context(&core, handles.reports.clone());
        let source = context.source.clone();
        let engine = EngineHandle::launch(engine_options(&config, &environment, &life), context);
        let updates = EngineUpdates::start(
            update_place(&config, &environment),
            engine.clone(),
            source,
            Audit::new(core.db.clone(), life.clock.clone()),
            life.tasks.clone(),
        );
        let oauth = OAuthService::open(oauth_options(&config, &core, &engine, &life)).await?;
        let running = Running {
            requests,
            engine,
            updates,
            oauth,
        };
        let services = services(&config, &core, &life, running);
        let addresses = services.sessions.client_addresses().await?;
        services.login_throttle.remember(addresses);
        let traces = Traces::open(config.watch.traces.as_ref(), VERSION)?;
        let limits = environment.limits;
        let limits = limits.unwrap_or_else(|| connection_limits(&config));
        let plane = DataPlane {
            recorder: handles.recorder.clone(),
            traces: traces.clone(),
            limits: limits.clone(),
        };
        let gateway = gateway(&config, &services, &life, plane)?;
        let watch = metrics_exporter(&config, &core.db, &services, &gateway, request_metrics);
        let beside = Beside {
            watch: &watch,
            gateway: &gateway,
        };
        let pages = pages(&config, &core.db, &services, &life, beside);
        let setup_token = core.setup_token.as_ref();
        Ok(Self {
            gateway,
            pages,
            watch,
            metrics: metrics_listener(&config).await?,
            traces,
            setup_url: setup_token.map(|token| setup_url(&config.public_url, token)),
            directories: directories(&config),
            has_standby: config.standby,
            db: core.db,
            services,
            handles,
            limits,
            life,
        })
    }

    /// Starts the tasks that run on a schedule.
    fn start_schedules(&self) {
        let (services, tasks) = (&self.services, &self.life.tasks);
        let stop = || self.life.ending.stop.clone();
        let backups = services.backups.clone();
        tasks.spawn(backups.run(services.settings.clone(), stop()));
        tasks.spawn(self.retention().run(stop()));
        tasks.spawn(services.account_limits.clone().follow(stop()));
        tasks.spawn(services.checkup.clone().run(stop()));
        let windows = services.provider_accounts.windows().usage().clone();
        tasks.spawn(windows.run(stop()));
        tasks.spawn(services.shares.clone().run(stop()));
        let watcher = AlertWatcher::new(services.alerts.clone(), self.condition_sources());
        tasks.spawn(watcher.run(stop()));
        tasks.spawn(services.checkup.clone().follow_sign_ins(stop()));
        tasks.spawn(services.checkup.clone().open_windows_on_time(stop()));
        start_notifications(services, &self.life);
    }

    /// Deletes expired rows; runs on a schedule while the server runs.
    pub fn retention(&self) -> Retention {
        Retention::new(
            self.db.clone(),
            self.life.clock.clone(),
            self.services.settings.clone(),
            self.handles.held.clone(),
            self.services.provider_accounts.windows().clone(),
        )
    }

    /// The sources of alerts; evaluated on a schedule while the server runs.
    pub fn condition_sources(&self) -> ConditionSources {
        let services = &self.services;
        ConditionSources {
            engine: services.engine.clone(),
            engine_updates: services.engine_updates.clone(),
            accounts: services.provider_accounts.clone(),
            requests: services.requests.clone(),
            usage: services.usage.clone(),
            quotas: services.quotas.clone(),
            users: services.users.clone(),
            api_keys: services.api_keys.clone(),
            ledger: services.ledger.clone(),
            prices: services.prices.clone(),
            backups: services.backups.clone(),
            settings: services.settings.clone(),
            directories: self.directories.clone(),
            free_space: disk::free_space,
            clock: services.clock.clone(),
        }
    }

    /// The inputs of the request log, for tests without a gateway's client.
    pub fn request_handles(&self) -> &Handles {
        &self.handles
    }

    pub fn database(&self) -> &Database {
        &self.db
    }

    /// Every page and endpoint. Without [`Self::serve`], nothing runs on a schedule.
    pub fn router(&self) -> Router {
        self.gateway.router().merge(self.pages.clone())
    }

    /// The services behind the control plane.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The link that creates the first administrator, until one exists. It grants full access.
    pub fn setup_url(&self) -> Option<&str> {
        self.setup_url.as_ref().map(|url| url.as_str())
    }

    /// Stops the server when cancelled.
    pub fn stop_token(&self) -> CancellationToken {
        self.life.ending.stop.clone()
    }

    /// The address of the separate listener of the metrics, if there is one.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref()?.local_addr().ok()
    }

    /// Serves until the stop token is cancelled. Requests in flight end within the grace period and are recorded; the
    /// engine stops last. Fails when another server has taken over the database.
    pub async fn serve(self, listener: TcpListener) -> anyhow::Result<()> {
        self.start_schedules();
        let Runtime {
            tasks,
            in_flight,
            ending,
            engine_shutdown,
            clock: _,
        } = self.life;
        if let Some(listener) = self.metrics {
            // Until the end, so that the shutdown is visible in the metrics.
            let until = ShutdownPhase {
                stop: ending.deadline.clone(),
                grace: Duration::from_secs(1),
                deadline: CancellationToken::new(),
            };
            let pages = self.watch.alone();
            tasks.spawn(http_server::serve(
                listener,
                pages,
                self.limits.clone(),
                until,
                TaskTracker::new(),
            ));
        }
        drop(self.watch);
        let owner = watch_ownership(self.db.clone(), self.has_standby, ending.clone());
        tasks.spawn(engine_shutdown.clone().run_until_cancelled_owned(owner));
        let front = Front {
            gateway: self.gateway,
            pages: self.pages,
        };
        let requests = in_flight.all().clone();
        http_server::serve(listener, front, self.limits, ending, requests).await;
        engine_shutdown.cancel();
        self.services.engine.finished().await;
        // The writer ends when all senders are dropped.
        drop((self.services, self.handles));
        tasks.close();
        if timeout(SHUTDOWN_TIMEOUT, tasks.wait()).await.is_err() {
            tracing::warn!("some background tasks did not stop in time");
        }
        self.traces.close().await;
        let ownership = self.db.check_owned();
        self.db.close().await?;
        Ok(ownership?)
    }
}

/// Stops the server immediately when another has taken over its database: two must not refresh the tokens of one account.
async fn watch_ownership(db: Database, has_standby: bool, ending: ShutdownPhase) {
    let error = db.until_taken_over(has_standby).await;
    tracing::error!(%error, "stopping; what is not in the database yet is in the journal and is written at the next start");
    ending.stop.cancel();
    ending.deadline.cancel();
}

/// The components that are started before the services.
struct Running {
    requests: RequestLog,
    engine: EngineHandle,
    updates: EngineUpdates,
    oauth: OAuthService,
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn services(config: &Config, core: &Core, life: &Runtime, running: Running) -> Services {
    let (db, clock) = (&core.db, &life.clock);
    let checkup = life.checkup(core, &running);
    let notifications = Notifications::new(
        db.clone(),
        clock.clone(),
        core.vault.clone(),
        core.settings.clone(),
    );
    let addresses = notify::Addresses::new(config.notification_networks.clone());
    Services {
        audit: Audit::new(db.clone(), clock.clone()),
        alerts: Alerts::new(db.clone(), clock.clone()),
        admins: core.admins.clone(),
        sessions: core.sessions.clone(),
        login_throttle: LoginThrottle::new(clock.clone()),
        api_tokens: ApiTokens::new(db.clone(), clock.clone(), core.digester.clone()),
        saved_views: SavedViews::new(db.clone(), clock.clone()),
        window_openings: WindowOpenings::new(db.clone(), clock.clone()),
        agent_sessions: AgentSessions::new(db.clone()),
        users: Users::new(db.clone(), clock.clone(), core.api_keys.clone()),
        account_groups: core.account_groups.clone(),
        shares: core.shares.clone(),
        user_groups: UserGroups::new(db, clock, &core.api_keys),
        user_invitations: UserInvitations::new(
            db.clone(),
            clock.clone(),
            core.digester.clone(),
            core.api_keys.clone(),
        ),
        quotas: Quotas::new(db, clock, &core.api_keys, &life.tasks),
        api_keys: core.api_keys.clone(),
        agent_sign_ins: AgentSignIns::new(
            db.clone(),
            clock.clone(),
            core.digester.clone(),
            core.api_keys.clone(),
        ),
        requests: running.requests,
        usage: Usage::new(db.clone(), clock.clone()),
        exports: Exports::new(db.clone(), clock.clone()),
        downloads: Downloads::new(clock.clone()),
        backups: life.backups(config, core),
        provider_accounts: core.accounts.clone(),
        account_limits: core.account_limits.clone(),
        model_aliases: core.model_aliases.clone(),
        checkup,
        oauth: running.oauth,
        ledger: core.ledger.clone(),
        price_feed: PriceFeed::new(
            core.prices.clone(),
            clock.clone(),
            config.price_list.clone(),
            addresses.clone(),
        ),
        prices: core.prices.clone(),
        settings: core.settings.clone(),
        seen_models: core.seen_models.clone(),
        alert_addresses: AlertAddresses::new(
            db.clone(),
            clock.clone(),
            core.digester.clone(),
            notifications.clone(),
        ),
        notification_sender: notify::Sender::new(notifications.clone(), clock.clone(), addresses),
        notifications,
        engine: running.engine,
        engine_updates: running.updates,
        server: server_facts(config),
        clock: clock.clone(),
        tasks: life.tasks.clone(),
    }
}

/// The dependencies of the gateway alone.
struct DataPlane {
    recorder: Recorder,
    traces: Traces,
    limits: ConnectionLimits,
}

fn gateway(
    config: &Config,
    services: &Services,
    life: &Runtime,
    plane: DataPlane,
) -> anyhow::Result<Gateway> {
    let options = GatewayOptions {
        keys: services.api_keys.ring().clone(),
        recorder: plane.recorder,
        ledger: services.ledger.clone(),
        prices: services.prices.clone(),
        accounts: services.provider_accounts.clone(),
        access: services.account_groups.access().clone(),
        shares: services.shares.clone(),
        account_limits: services.account_limits.clone(),
        settings: services.settings.clone(),
        usage: services.usage.clone(),
        engine: services.engine.clone(),
        clock: services.clock.clone(),
        addresses: services.server.addresses.clone(),
        public_url: services.server.public_url.clone(),
        cors_allowed_origins: config.cors_allowed_origins.clone(),
        traces: plane.traces,
        deadlines: plane.limits.deadlines,
        held_bytes: plane.limits.held_bytes,
        tasks: life.tasks.clone(),
        stop: life.ending.stop.clone(),
        deadline: life.ending.deadline.clone(),
    };
    Gateway::new(options, life.in_flight.clone())
}

/// Starts the tasks that evaluate notification rules and send messages.
fn start_notifications(services: &Services, life: &Runtime) {
    let sources = notify::AlertSources {
        quotas: services.quotas.clone(),
        api_keys: services.api_keys.clone(),
        users: services.users.clone(),
        accounts: services.provider_accounts.clone(),
        requests: services.requests.clone(),
        alerts: services.alerts.clone(),
        engine: services.engine.clone(),
        clock: services.clock.clone(),
    };
    let watcher = notify::Watcher::new(services.notifications.clone(), sources);
    let stop = &life.ending.stop;
    life.tasks.spawn(watcher.run(stop.clone()));
    let sender = services.notification_sender.clone();
    life.tasks.spawn(sender.run(stop.clone()));
}

fn metrics_exporter(
    config: &Config,
    db: &Database,
    services: &Services,
    gateway: &Gateway,
    request_metrics: RequestMetrics,
) -> MetricsExporter {
    let sources = watch::MetricSources {
        db: db.clone(),
        clock: services.clock.clone(),
        requests: services.requests.clone(),
        request_metrics,
        usage: services.usage.clone(),
        ledger: services.ledger.clone(),
        shares: services.shares.clone(),
        accounts: services.provider_accounts.clone(),
        backups: services.backups.clone(),
        engine: services.engine.clone(),
        gateway: gateway.state(),
        notifications: services.notification_sender.metrics().clone(),
        version: VERSION,
    };
    MetricsExporter::new(sources, config.watch.metrics_token.clone())
}

async fn metrics_listener(config: &Config) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = config.watch.metrics_listen else {
        return Ok(None);
    };
    let listener = TcpListener::bind(address).await;
    listener.map(Some).with_context(|| {
        format!("cannot listen on {address} for the metrics; choose another METRICS_LISTEN")
    })
}

/// The routers of other modules that the pages include.
#[derive(Clone, Copy)]
struct Beside<'a> {
    watch: &'a MetricsExporter,
    gateway: &'a Gateway,
}

/// The router of everything but the data plane.
fn pages(
    config: &Config,
    db: &Database,
    services: &Services,
    life: &Runtime,
    beside: Beside<'_>,
) -> Router {
    let stop = life.ending.stop.clone();
    let sign_in = web::login_router(LoginPages {
        oauth: services.oauth.clone(),
        addresses: services.server.addresses.clone(),
        authenticator: services.authenticator(),
        public_url: services.server.public_url.clone(),
    });
    let agents = web::agent_router(AgentOAuth {
        sign_ins: services.agent_sign_ins.clone(),
        settings: services.settings.clone(),
        addresses: services.server.addresses.clone(),
        public_url: services.server.public_url.clone(),
    });
    let control_plane = graphql::router(services.clone(), stop.clone())
        .merge(sign_in)
        .merge(agents)
        .merge(beside.watch.beside_pages());
    let web = Web {
        db: db.clone(),
        engine: services.engine.clone(),
        clock: services.clock.clone(),
        started_at: services.clock.now(),
        version: VERSION,
        public_url: services.server.public_url.clone(),
        authenticator: services.authenticator(),
        metrics_token: config.watch.metrics_token.clone(),
        shutdown: stop,
    };
    web::router(web, control_plane, beside.gateway.misdirected())
}

/// The data directory, and that of the database if it is a file.
fn directories(config: &Config) -> Vec<PathBuf> {
    let data_dir = config.storage.data_dir.clone();
    let database = db::file_of(config.storage.database_url.expose_secret());
    let of_database = database.and_then(|file| Some(file.parent()?.to_owned()));
    let all = [Some(data_dir), of_database].into_iter().flatten();
    all.filter(|path| !path.as_os_str().is_empty()).collect()
}

fn setup_url(public_url: &Url, token: &str) -> Zeroizing<String> {
    // A fragment is not sent to servers, so no log contains the token.
    let base = public_url.as_str().trim_end_matches('/');
    Zeroizing::new(format!("{base}/setup#token={token}"))
}
