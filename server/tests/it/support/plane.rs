//! A server with a manual clock and without scheduled tasks, for tests of the control plane.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::{
    extract::{ConnectInfo, Request},
    middleware,
};
use chrono::TimeDelta;
use entity::{admin::Role, request::Outcome};
use futures_util::StreamExt as _;
use proxypal_server::{
    app::App,
    client_address::PeerAddress,
    clock::Clock as _,
    config::SecretsConfig,
    db::Database,
    domain::{
        audit::AuditContext,
        requests::{Handles, RequestFilter, RequestRecord},
        retention::Retention,
        tokens::Tokens,
    },
    graphql::Services,
};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::{
    Caller, TestDatabase,
    app::{Options, build},
    clock::ManualClock,
    record::completed,
    server::METRICS_TOKEN,
};

/// The administrator's password.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A running control plane.
pub(crate) struct ControlPlane {
    pub(crate) address: SocketAddr,
    /// Boxed, so that the futures of tests stay small.
    pub(crate) services: Box<Services>,
    pub(crate) handles: Handles,
    pub(crate) db: Database,
    /// The token of the set-up link, when the server waits for its administrator.
    pub(crate) setup_token: Option<String>,
    clock: Arc<ManualClock>,
    app: Box<App>,
    database: TestDatabase,
}

impl ControlPlane {
    /// With its administrator.
    pub(crate) async fn start() -> Self {
        Box::pin(Self::launch("http://proxypal.test", Some(PASSWORD))).await
    }

    /// With this public URL, and with or without an administrator.
    pub(crate) async fn launch(public_url: &str, password: Option<&str>) -> Self {
        let database = TestDatabase::create().await;
        let clock = Arc::new(ManualClock::default());
        let options = Options {
            secrets: SecretsConfig {
                admin_password: password.map(Into::into),
                backup_passphrase: Some("the-phrase-of-the-tests".into()),
                metrics_token: Some(METRICS_TOKEN.into()),
                engine_api_key: Some("unused".into()),
                ..SecretsConfig::default()
            },
            clock: clock.clone(),
            ..Options::default()
        };
        // The engine does not exist. Receivers of notifications are on 127.0.0.1; 127.0.0.2 is a private address.
        let options = options
            .with(&format!("--public-url={public_url}"))
            .with("--engine=external")
            .with("--engine-url=http://127.0.0.1:9")
            .with("--notification-networks=127.0.0.1/32");
        let (app, listener) = Box::pin(build(options, &database)).await;
        let address = listener.local_addr().unwrap();
        let setup_token = app.setup_url().and_then(|url| url.split_once("#token="));
        let setup_token = setup_token.map(|(_, token)| token.to_owned());
        let router = app.router().layer(middleware::map_request(note_peer));
        let router = router.into_make_service_with_connect_info::<SocketAddr>();
        #[expect(clippy::disallowed_methods, reason = "the server ends with the test")]
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            services: Box::new(app.services().clone()),
            handles: app.request_handles().clone(),
            db: app.database().clone(),
            setup_token,
            clock,
            app: Box::new(app),
            database,
        }
    }
}

impl ControlPlane {
    /// Moves the clock.
    pub(crate) fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Deletes expired rows when the test runs it.
    pub(crate) fn retention(&self) -> Retention {
        self.app.retention()
    }

    /// Asks the server to stop.
    pub(crate) fn stop(&self) {
        self.app.stop_token().cancel();
    }

    /// An anonymous caller.
    pub(crate) fn anonymous(&self) -> Caller {
        Caller::new(self.address)
    }

    /// The administrator, signed in.
    pub(crate) async fn admin(&self) -> Caller {
        let mut caller = self.anonymous();
        caller.sign_in(PASSWORD).await;
        caller
    }

    /// A script with a token of this role.
    pub(crate) async fn script(&self, role: Role) -> Caller {
        let created = self
            .services
            .api_tokens
            .create(
                &AuditContext::system("createApiToken"),
                "script",
                role,
                None,
            )
            .await;
        let secret = created.unwrap().secret;
        self.anonymous().with_bearer(secret.expose_secret())
    }

    /// A user of this name, and a caller with their key.
    pub(crate) async fn key_holder(&self, name: &str) -> (Uuid, Caller) {
        let new = proxypal_server::domain::users::NewUser {
            name: name.to_owned(),
            ..Default::default()
        };
        let context = AuditContext::system("createUser");
        let (user, issued) = self.services.users.create(&context, new).await.unwrap();
        let caller = self.anonymous().with_bearer(issued.secret.expose_secret());
        (user.id, caller)
    }

    /// The data directory.
    pub(crate) fn data_dir(&self) -> &Path {
        self.database.directory.path()
    }

    /// Records a request, as the gateway does at its end.
    pub(crate) async fn record(&self, user_id: Uuid, model: &str) -> Uuid {
        self.record_as(user_id, model, Outcome::Completed).await
    }

    /// Records a request with this outcome.
    pub(crate) async fn record_as(&self, user_id: Uuid, model: &str, outcome: Outcome) -> Uuid {
        let keys = self.services.api_keys.of_users(&[user_id]).await.unwrap();
        let record = RequestRecord {
            duration: Duration::from_millis(1200),
            time_to_first_byte: Some(Duration::from_millis(300)),
            waited: None,
            model: Some(model.to_owned()),
            streamed: true,
            outcome,
            tokens: Some(Tokens {
                input: 5_000_000_000,
                output: 2,
                ..Tokens::default()
            }),
            client_ip: Some("203.0.113.9".to_owned()),
            ..completed(user_id, keys[0].id, self.clock.now())
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

/// Sets the extension that the accept loop of the server sets.
async fn note_peer(ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request) -> Request {
    request.extensions_mut().insert(PeerAddress(peer));
    request
}
