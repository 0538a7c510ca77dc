//! The control plane on a socket, with everything behind it but the gateway.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::{
    extract::{ConnectInfo, Request},
    middleware,
};
use chrono::TimeDelta;
use entity::{
    admin::Role,
    request::{Outcome, Protocol, UsageSource},
};
use futures_util::StreamExt as _;
use proxypal_server::{
    checkup::{Checkup, CheckupOptions},
    client_address::{ClientAddresses, PeerAddress},
    clock::{Clock as _, SharedClock},
    config::StorageConfig,
    db::Database,
    domain::{
        admins::Admins,
        api_keys::ApiKeys,
        api_tokens::ApiTokens,
        audit::{Audit, AuditContext},
        backups::Backups,
        downloads::Downloads,
        exports::Exports,
        ledger::Ledger,
        login_throttle::LoginThrottle,
        model_aliases::ModelAliases,
        notifications::Notifications,
        prices::Prices,
        provider_accounts::ProviderAccounts,
        provider_logins::ProviderLogins,
        quotas::Quotas,
        requests::{
            Handles, NoObserver, RequestFilter, RequestLog, RequestLogOptions, RequestRecord,
        },
        retention::Retention,
        server_secrets::ServerSecrets,
        sessions::Sessions,
        settings::Settings,
        tokens::Tokens,
        usage::Usage,
        users::Users,
    },
    engine::{EngineContext, EngineHandle, EngineMode, EngineOptions, ExternalEngine},
    graphql::{self, ServerFacts, Services},
    notify,
    oauth::{OAuthOptions, OAuthService},
    web::{self, Web},
};
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::{
    Caller, clock::ManualClock, credentials::NoCredentials, database::TestDatabase,
    server::METRICS_TOKEN,
};

/// The administrator's password.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A running control plane.
pub(crate) struct ControlPlane {
    pub(crate) address: SocketAddr,
    pub(crate) services: Services,
    pub(crate) handles: Handles,
    pub(crate) db: Database,
    /// The token of the set-up link, when the server waits for its administrator.
    pub(crate) setup_token: Option<String>,
    clock: Arc<ManualClock>,
    shutdown: CancellationToken,
    _database: TestDatabase,
}

impl ControlPlane {
    /// One that has its administrator.
    pub(crate) async fn start() -> Self {
        Box::pin(Self::launch("http://proxypal.test", Some(PASSWORD))).await
    }

    /// One at this address, with or without an administrator.
    #[expect(clippy::too_many_lines, reason = "a composition root")]
    pub(crate) async fn launch(public_url: &str, password: Option<&str>) -> Self {
        let database = TestDatabase::create().await;
        let folder = database.directory.path();
        let clock = Arc::new(ManualClock::default());
        let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let db = Database::open(&database.url, folder).await.unwrap();
        let shared: SharedClock = clock.clone();
        let ledger = Ledger::load(&db).await.unwrap();
        let prices = Prices::load(db.clone(), shared.clone()).await.unwrap();
        let book = RequestLogOptions {
            db: db.clone(),
            clock: shared.clone(),
            ledger: ledger.clone(),
            prices: prices.clone(),
            journal: folder.join("journal"),
            observer: Arc::new(NoObserver),
        };
        let (requests, handles) = RequestLog::open(book, &tasks).await.unwrap();
        let context = EngineContext {
            source: Arc::new(NoCredentials::default()),
            clock: shared.clone(),
            usage: handles.reports.clone(),
            tasks: tasks.clone(),
            shutdown: shutdown.clone(),
        };
        let engine = EngineHandle::launch(nowhere(folder), context);
        let services = Box::pin(services(
            &db,
            &shared,
            folder,
            Parts {
                requests,
                ledger,
                prices,
                engine,
                tasks: tasks.clone(),
                stop: shutdown.clone(),
                public_url,
            },
        ))
        .await;
        let password = password.map(Into::into);
        let setup_token = services.admins.bootstrap(password).await.unwrap();
        let web = web(&db, &services, public_url, shutdown.clone());
        let control_plane = graphql::router(services.clone(), shutdown.clone());
        let app = web::router(web, control_plane, axum::Router::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = app.layer(middleware::map_request(note_peer));
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        tasks.spawn(async { axum::serve(listener, app).await.unwrap() });
        Self {
            address,
            services,
            handles,
            db,
            setup_token: setup_token.map(|token| token.to_string()),
            clock,
            shutdown,
            _database: database,
        }
    }
}

impl ControlPlane {
    /// Moves the clock.
    pub(crate) fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// What deletes old requests, now and not in an hour.
    pub(crate) fn retention(&self) -> Retention {
        Retention::new(
            self.db.clone(),
            self.services.clock.clone(),
            self.services.settings.clone(),
            self.handles.held.clone(),
        )
    }

    /// Asks everything to end.
    pub(crate) fn stop(&self) {
        self.shutdown.cancel();
    }

    /// Somebody who has not signed in.
    pub(crate) fn stranger(&self) -> Caller {
        Caller::new(self.address)
    }

    /// The administrator, signed in.
    pub(crate) async fn admin(&self) -> Caller {
        let mut caller = self.stranger();
        caller.sign_in(PASSWORD).await;
        caller
    }

    /// A script with a token of this role.
    pub(crate) async fn script(&self, role: Role) -> Caller {
        let context = AuditContext::system("createApiToken");
        let created = self
            .services
            .api_tokens
            .create(&context, "script", role, None)
            .await;
        let secret = created.unwrap().secret;
        self.stranger().with_bearer(secret.expose_secret())
    }

    /// A user of this name, and their tool.
    pub(crate) async fn key_holder(&self, name: &str) -> (Uuid, Caller) {
        let new = proxypal_server::domain::users::NewUser {
            name: name.to_owned(),
            ..Default::default()
        };
        let context = AuditContext::system("createUser");
        let (user, issued) = self.services.users.create(&context, new).await.unwrap();
        let caller = self.stranger().with_bearer(issued.secret.expose_secret());
        (user.id, caller)
    }

    /// Records a request, as the gateway does at its end.
    pub(crate) async fn record(&self, user_id: Uuid, model: &str) -> Uuid {
        let keys = self.services.api_keys.of_users(&[user_id]).await.unwrap();
        let record = RequestRecord {
            id: Uuid::now_v7(),
            connection_id: None,
            user_id,
            api_key_id: keys[0].id,
            started_at: self.clock.now(),
            duration: Duration::from_millis(1200),
            time_to_first_byte: Some(Duration::from_millis(300)),
            endpoint: "POST /v1/chat/completions".to_owned(),
            protocol: Protocol::OpenaiChat,
            model: Some(model.to_owned()),
            served_model: None,
            streamed: true,
            http_status: Some(200),
            outcome: Outcome::Completed,
            error_code: None,
            tokens: Some(Tokens {
                input: 5_000_000_000,
                output: 2,
                ..Tokens::default()
            }),
            usage_source: UsageSource::Wire,
            client_ip: Some("203.0.113.9".to_owned()),
            user_agent: None,
        };
        let id = record.id;
        let mut feed = std::pin::pin!(
            self.services
                .requests
                .follow(RequestFilter::default(), None)
                .await
                .unwrap()
        );
        self.handles.recorder.permit().await.unwrap().record(record);
        while feed.next().await.unwrap().unwrap().id != id {}
        id
    }
}

fn web(db: &Database, services: &Services, public_url: &str, shutdown: CancellationToken) -> Web {
    Web {
        db: db.clone(),
        engine: services.engine.clone(),
        clock: services.clock.clone(),
        started_at: services.clock.now(),
        version: "0.0.0",
        public_url: public_url.parse().unwrap(),
        authenticator: services.authenticator(),
        metrics_token: Some(METRICS_TOKEN.into()),
        shutdown,
    }
}

/// What the services are made of.
struct Parts<'a> {
    requests: RequestLog,
    ledger: Ledger,
    prices: Prices,
    engine: EngineHandle,
    tasks: TaskTracker,
    stop: CancellationToken,
    public_url: &'a str,
}

async fn oauth(
    db: &Database,
    clock: &SharedClock,
    secrets: &ServerSecrets,
    accounts: &ProviderAccounts,
    parts: &Parts<'_>,
) -> OAuthService {
    let (digester, vault) = (secrets.digester.clone(), secrets.vault.clone());
    let oauth = OAuthService::open(OAuthOptions {
        logins: ProviderLogins::new(db.clone(), clock.clone(), digester, vault),
        accounts: accounts.clone(),
        engine: parts.engine.clone(),
        clock: clock.clone(),
        settings: BTreeMap::new(),
        public_url: parts.public_url.parse().unwrap(),
        tasks: parts.tasks.clone(),
        stop: parts.stop.clone(),
    });
    oauth.await.unwrap()
}

fn storage(folder: &Path) -> StorageConfig {
    StorageConfig {
        data_dir: folder.to_owned(),
        database_url: String::new().into(),
        encryption_key: None,
        previous_keys: Vec::new(),
    }
}

async fn services(db: &Database, clock: &SharedClock, folder: &Path, parts: Parts<'_>) -> Services {
    let (db, clock) = (db.clone(), clock.clone());
    let secrets = ServerSecrets::open(&storage(folder), &db, &clock)
        .await
        .unwrap();
    let sessions = Sessions::new(db.clone(), clock.clone(), secrets.digester.clone());
    let admins = Admins::new(db.clone(), clock.clone(), &secrets, sessions.clone());
    let digester = secrets.digester.clone();
    let (keys, ledger) = (digester.clone(), parts.ledger.clone());
    let api_keys = ApiKeys::load(db.clone(), clock.clone(), keys, ledger)
        .await
        .unwrap();
    let accounts = ProviderAccounts::new(db.clone(), clock.clone(), secrets.vault.clone());
    let oauth = Box::pin(oauth(&db, &clock, &secrets, &accounts, &parts)).await;
    let prices = parts.prices.clone();
    let model_aliases = ModelAliases::load(db.clone(), clock.clone(), prices, accounts.clone());
    let notifications = Notifications::new(db.clone(), clock.clone(), secrets.vault.clone());
    // Receivers of tests are on this machine; 127.0.0.2 stands for what must not be reached.
    let addresses = notify::Addresses::new(vec!["127.0.0.1/32".parse().unwrap()]);
    let settings = Settings::load(db.clone(), clock.clone(), accounts.clone())
        .await
        .unwrap();
    Services {
        checkup: Checkup::new(CheckupOptions {
            accounts: accounts.clone(),
            engine: parts.engine.clone(),
            settings: settings.clone(),
            clock: clock.clone(),
            urls: oauth.check_urls(),
        }),
        model_aliases: model_aliases.await.unwrap(),
        audit: Audit::new(db.clone(), clock.clone()),
        admins,
        sessions,
        login_throttle: LoginThrottle::new(clock.clone()),
        api_tokens: ApiTokens::new(db.clone(), clock.clone(), digester),
        users: Users::new(db.clone(), clock.clone(), api_keys.clone()),
        quotas: Quotas::new(&db, &clock, &api_keys, &parts.tasks),
        api_keys,
        requests: parts.requests,
        usage: Usage::new(db.clone(), clock.clone()),
        exports: Exports::new(db.clone(), clock.clone()),
        downloads: Downloads::new(clock.clone()),
        backups: backups(&db, &clock, folder),
        ledger: parts.ledger,
        provider_accounts: accounts.clone(),
        oauth,
        prices: parts.prices,
        settings,
        engine: parts.engine,
        notification_sender: notify::Sender::new(notifications.clone(), clock.clone(), addresses),
        notifications,
        server: server_facts(parts.public_url),
        clock,
        tasks: parts.tasks,
    }
}

fn backups(db: &Database, clock: &SharedClock, folder: &Path) -> Backups {
    let phrase = Some("the-phrase-of-the-tests".into());
    Backups::new(db.clone(), clock.clone(), folder.to_owned(), phrase)
}

fn server_facts(public_url: &str) -> ServerFacts {
    ServerFacts {
        version: "0.0.0",
        public_url: public_url.parse().unwrap(),
        addresses: ClientAddresses::default(),
    }
}

/// An engine that is not there: the control plane works without one.
fn nowhere(folder: &Path) -> EngineOptions {
    EngineOptions {
        mode: EngineMode::External,
        binary: None,
        search_path: std::ffi::OsString::new(),
        data_dir: folder.to_owned(),
        auth_dir: None,
        launcher: std::path::PathBuf::new(),
        external: Some(ExternalEngine {
            url: "http://127.0.0.1:9".parse().unwrap(),
            api_key: "unused".into(),
            management_key: None,
        }),
        allow_demo_fallback: false,
        drain: None,
    }
}

/// What the accept loop of the real server does.
async fn note_peer(ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request) -> Request {
    request.extensions_mut().insert(PeerAddress(peer));
    request
}
