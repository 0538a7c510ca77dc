//! The server under test.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use entity::{RateLimit, admin::Role, request};
use futures_util::{Stream, StreamExt as _};
use proxypal_server::{
    app::{App, Environment},
    clock::{SharedClock, SystemClock},
    config::{Config, Options as Arguments, SecretsConfig},
    domain::{
        requests::RequestFilter,
        users::{NewUser, Users, api_keys::Caller},
    },
    engine::EngineState,
    graphql::Services,
    http_server::ConnectionLimits,
};
use secrecy::ExposeSecret as _;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Script, TestDatabase, scripted, soon, test_context};

/// How a test server differs from the usual one.
pub(crate) struct Options {
    pub(crate) arguments: Vec<String>,
    pub(crate) secrets: SecretsConfig,
    pub(crate) clock: SharedClock,
    /// Overrides the connection limits of the arguments.
    pub(crate) limits: Option<ConnectionLimits>,
    /// Overrides how long a refresh of a token can take in the engine.
    pub(crate) refresh_limit: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            arguments: Vec::new(),
            secrets: SecretsConfig::default(),
            clock: Arc::new(SystemClock),
            limits: None,
            refresh_limit: None,
        }
    }
}

impl Options {
    /// With an argument more.
    pub(crate) fn with(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }
}

/// A running server.
pub(crate) struct TestApp {
    pub(crate) address: SocketAddr,
    /// Where the metrics are alone, if they are.
    pub(crate) metrics: Option<SocketAddr>,
    /// Large, and moved about with what holds it.
    pub(crate) services: Box<Services>,
    pub(crate) http: reqwest::Client,
    pub(crate) database: TestDatabase,
    stop: CancellationToken,
    serving: JoinHandle<anyhow::Result<()>>,
}

impl TestApp {
    /// Before an engine that follows the script.
    pub(crate) async fn with_engine(script: Script) -> Self {
        Self::before(scripted(script).await, Options::default()).await
    }

    /// Before the engine at this address.
    pub(crate) async fn before(engine: SocketAddr, options: Options) -> Self {
        Self::with_data(TestDatabase::create().await, engine, options).await
    }

    /// Before the engine at this address, with what an earlier server has left.
    pub(crate) async fn with_data(
        database: TestDatabase,
        engine: SocketAddr,
        mut options: Options,
    ) -> Self {
        options.arguments.push("--engine=external".to_owned());
        options
            .arguments
            .push(format!("--engine-url=http://{engine}"));
        options.secrets.engine_api_key = Some("internal-engine-key".into());
        let app = Self::start(options, database).await;
        app.engine_is(EngineState::Running).await;
        app
    }

    /// With everything as the options say.
    pub(crate) async fn start(options: Options, database: TestDatabase) -> Self {
        let (app, listener) = Box::pin(build(options, &database)).await;
        let address = listener.local_addr().unwrap();
        let services = Box::new(app.services().clone());
        let stop = app.stop_token();
        let metrics = app.metrics_address();
        #[expect(clippy::disallowed_methods, reason = "the server ends with the test")]
        let serving = tokio::spawn(app.serve(listener));
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            address,
            metrics,
            services,
            http,
            database,
            stop,
            serving,
        }
    }

    /// A script with a token of a viewer.
    pub(crate) async fn viewer(&self) -> super::Caller {
        let tokens = &self.services.api_tokens;
        let created = tokens.create(test_context(), "script", Role::Viewer, None);
        let secret = created.await.unwrap().secret;
        super::Caller::new(self.address).with_bearer(secret.expose_secret())
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits until the engine is in this state.
    pub(crate) async fn engine_is(&self, state: EngineState) {
        let mut watch = self.services.engine.watch();
        let reached = watch.wait_for(|status| status.state == state);
        soon("the engine's state", reached).await.unwrap();
    }

    /// Lets users call as fast as they can.
    pub(crate) async fn without_rate_limit(&self) {
        let settings = &self.services.settings;
        let update = settings.update(test_context(), settings.current().version, |gateway| {
            gateway.default_rate_limit = RateLimit::default();
        });
        update.await.unwrap();
    }

    /// A new user's key.
    pub(crate) async fn issue_key(&self) -> String {
        self.issue_key_for(NewUser {
            name: format!("user {}", Uuid::now_v7()),
            ..NewUser::default()
        })
        .await
    }

    /// A key that may use these models only.
    pub(crate) async fn issue_restricted_key(&self, models: &[&str]) -> String {
        self.issue_key_for(NewUser {
            name: format!("user {}", Uuid::now_v7()),
            allowed_models: Some(models.iter().map(|&model| model.to_owned()).collect()),
            ..NewUser::default()
        })
        .await
    }

    pub(crate) async fn issue_key_for(&self, user: NewUser) -> String {
        let users: &Users = &self.services.users;
        let (_, issued) = users.create(test_context(), user).await.unwrap();
        issued.secret.expose_secret().to_owned()
    }

    /// The caller with this key.
    pub(crate) fn caller(&self, key: &str) -> Arc<Caller> {
        self.services.api_keys.ring().find(key.as_bytes()).unwrap()
    }

    /// Disables the user who holds this key.
    pub(crate) async fn disable_user_of(&self, key: &str) {
        let users = [self.caller(key).user_id];
        let users = self
            .services
            .users
            .set_enabled(test_context(), &users, false)
            .await;
        assert_eq!(users.unwrap().len(), 1);
    }

    /// Every record from the beginning, as it is settled.
    pub(crate) async fn records(&self) -> Records {
        let feed = self
            .services
            .requests
            .follow(RequestFilter::default(), Some("0"))
            .await
            .unwrap();
        Records(Box::pin(feed.map(|row| (*row.unwrap()).clone())))
    }

    /// Stops as SIGTERM would, and waits for the end.
    pub(crate) async fn stop(self) -> TestDatabase {
        self.stop.cancel();
        drop(self.services);
        soon("the stop", self.serving).await.unwrap().unwrap();
        self.database
    }

    /// Waits until it stops by itself, and returns why.
    pub(crate) async fn failure(self) -> String {
        drop(self.services);
        let ended = soon("the stop", self.serving).await.unwrap();
        format!("{:#}", ended.unwrap_err())
    }

    /// Asks to stop without waiting.
    pub(crate) fn ask_to_stop(&self) {
        self.stop.cancel();
    }
}

/// The book of requests, read from the front.
pub(crate) struct Records(std::pin::Pin<Box<dyn Stream<Item = request::Model> + Send>>);

impl Records {
    pub(crate) async fn next(&mut self) -> request::Model {
        soon("a record", self.0.next()).await.unwrap()
    }
}

/// The server of these options, and the listener of its address.
pub(super) async fn build(options: Options, database: &TestDatabase) -> (App, TcpListener) {
    let config = configuration(&options, database);
    let config = Config::read(&config, options.secrets).unwrap();
    let environment = Environment {
        clock: options.clock,
        launcher: PathBuf::from(env!("CARGO_BIN_EXE_proxypal-server")),
        search_path: "/nowhere".into(),
        limits: options.limits,
        refresh_limit: options.refresh_limit,
    };
    let listener = TcpListener::bind(config.listen).await.unwrap();
    let app = Box::pin(App::build(config, environment)).await.unwrap();
    (app, listener)
}

fn configuration(options: &Options, database: &TestDatabase) -> Arguments {
    #[derive(clap::Parser)]
    struct Program {
        #[command(flatten)]
        options: Arguments,
    }
    let mut arguments = vec![
        "proxypal-server".to_owned(),
        "--port=0".to_owned(),
        format!("--data-dir={}", database.directory.path().display()),
        format!("--database-url={}", database.url),
        format!(
            "--engine-auth-dir={}",
            super::server::auth_dir(database).display()
        ),
    ];
    arguments.extend(options.arguments.iter().cloned());
    <Program as clap::Parser>::parse_from(arguments).options
}
