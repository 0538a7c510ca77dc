//! The server with everything on: a key, limits, quotas of two kinds, journal, rows, sums and metrics.

use std::{net::SocketAddr, path::Path, sync::Arc, thread, time::Duration};

use entity::{
    RateLimit,
    quota::{FreeModelPolicy, Metric, UnpricedPolicy, WindowKind},
};
use proxypal_server::{
    app::{App, Environment},
    clock::SystemClock,
    config::{Config, Options, SecretsConfig},
    db::Database,
    domain::{
        audit::AuditContext,
        users::{NewUser, quotas::NewQuota},
    },
    engine::EngineState,
    graphql::Services,
};
use sea_orm::DatabaseTransaction;
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) api_key: String,
    services: Box<Services>,
    db: Database,
    runtime: Runtime,
    _home: TempDir,
}

/// While it is held, requests end up in the journal and in memory only.
pub(crate) struct HeldWrites(DatabaseTransaction);

impl Server {
    /// Starts it in front of this engine, with a user.
    pub(crate) fn start(engine: SocketAddr) -> Self {
        let home = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let (app, listener) = runtime.block_on(Box::pin(build(home.path(), engine)));
        let address = listener.local_addr().unwrap();
        let services = Box::new(app.services().clone());
        let db = app.database().clone();
        runtime.spawn(app.serve(listener));
        let api_key = runtime.block_on(Box::pin(set_up(&services)));
        Self {
            address,
            api_key,
            services,
            db,
            runtime,
            _home: home,
        }
    }

    /// Keeps the writer of requests waiting.
    pub(crate) fn hold_writes(&self) -> HeldWrites {
        HeldWrites(self.runtime.block_on(self.db.begin()).unwrap())
    }

    /// Waits until every request is in the database.
    pub(crate) fn wait_until_written(&self) {
        while self.services.requests.state().in_flight() > 0 {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl HeldWrites {
    pub(crate) fn release(self, server: &Server) {
        server.runtime.block_on(self.0.rollback()).unwrap();
    }
}

async fn build(home: &Path, engine: SocketAddr) -> (App, TcpListener) {
    #[derive(clap::Parser)]
    struct Program {
        #[command(flatten)]
        options: Options,
    }
    let arguments = [
        "proxypal-server".to_owned(),
        "--port=0".to_owned(),
        "--engine=external".to_owned(),
        format!("--engine-url=http://{engine}"),
        format!("--data-dir={}", home.display()),
        format!("--engine-auth-dir={}", home.join("auths").display()),
        format!("--database-url=sqlite://{}", home.join("test.db").display()),
    ];
    let options = <Program as clap::Parser>::parse_from(arguments).options;
    let secrets = SecretsConfig {
        engine_api_key: Some("internal-engine-key".into()),
        ..SecretsConfig::default()
    };
    let config = Config::read(&options, secrets).unwrap();
    let listener = TcpListener::bind(config.listen).await.unwrap();
    let environment = Environment {
        clock: Arc::new(SystemClock),
        launcher: std::env::current_exe().unwrap(),
        search_path: "/nowhere".into(),
        limits: None,
        refresh_limit: None,
    };
    let app = Box::pin(App::build(config, environment)).await.unwrap();
    (app, listener)
}

/// Waits for the engine and creates a user whose limits apply and are never reached. Returns the secret of the key.
async fn set_up(services: &Services) -> String {
    let mut engine = services.engine.watch();
    let running = engine.wait_for(|status| status.state == EngineState::Running);
    running.await.unwrap();
    let user = NewUser {
        name: "user".to_owned(),
        quotas: vec![
            quota(Metric::Tokens, WindowKind::Day),
            quota(Metric::Cost, WindowKind::Month),
        ],
        rate_limit: RateLimit {
            requests_per_minute: Some(1_000_000),
            ..RateLimit::default()
        },
        ..NewUser::default()
    };
    let context = AuditContext::system("createUser");
    let created = services.users.create(&context, user).await;
    let (_, issued) = created.unwrap();
    issued.secret.expose_secret().to_owned()
}

fn quota(metric: Metric, window: WindowKind) -> NewQuota {
    NewQuota {
        metric,
        limit: 1_000_000_000_000_000,
        window,
        rolling_seconds: None,
        timezone: "Europe/Berlin".to_owned(),
        provider: None,
        model_pattern: None,
        soft_percents: Vec::new(),
        strict: false,
        unpriced: UnpricedPolicy::default(),
        free_models: FreeModelPolicy::default(),
    }
}
