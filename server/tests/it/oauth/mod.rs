//! Signing in at providers: every way, and every way to fail.

mod by_code;
mod by_device;
mod by_engine;
mod by_redirect;
mod canaries;
mod failures;
pub(crate) mod identity;
mod renewal;
mod resources;

use std::sync::Arc;

use entity::provider_account;
use proxypal_server::domain::provider_accounts::CredentialSecret;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use self::identity::{Decision, Identity};
use crate::support::{Caller, ManualClock, Options, TestApp, TestDatabase, eventually};

const PASSWORD: &str = "correct horse battery";
const FIELDS: &str = "id kind mode status label authorizeUrl redirectUrl userCode verificationUrl \
    verificationUrlComplete error account { id kind label }";

/// A server whose providers are the double, and its administrator.
struct SignIn {
    identity: Identity,
    app: TestApp,
    admin: Caller,
}

impl SignIn {
    async fn start() -> Self {
        Self::with(Options::default(), TestDatabase::create().await).await
    }

    /// A clock that the test owns.
    async fn timed() -> (Self, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::default());
        let options = Options {
            clock: clock.clone(),
            ..Options::default()
        };
        (
            Self::with(options, TestDatabase::create().await).await,
            clock,
        )
    }

    async fn with(options: Options, database: TestDatabase) -> Self {
        Self::before(Identity::start().await, options, database).await
    }

    async fn before(identity: Identity, options: Options, database: TestDatabase) -> Self {
        let mut options = options.with("--engine=demo");
        options.secrets.admin_password = Some(PASSWORD.into());
        options.secrets.oauth.extend(identity.settings());
        let app = TestApp::start(options, database).await;
        let mut admin = Caller::new(app.address);
        admin.sign_in(PASSWORD).await;
        Self {
            identity,
            app,
            admin,
        }
    }

    /// Begins a sign-in.
    async fn begin(&self, kind: &str) -> Value {
        let answer = begin(&self.admin, kind).await;
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"]["startProviderLogin"]["login"].clone()
    }

    /// Consents, and answers where the browser was sent.
    async fn consent(&self, login: &Value) -> String {
        let url = login["authorizeUrl"].as_str().unwrap();
        self.identity.consent(url, Decision::Allow).await
    }

    /// The response of `completeProviderLogin`.
    async fn paste(&self, login: &Value, text: &str) -> Value {
        paste(&self.admin, login, text).await
    }

    /// How a sign-in is.
    async fn look(&self, login: &Value) -> Value {
        let query = format!("query($id: ID!) {{ providerLogin(id: $id) {{ {FIELDS} }} }}");
        let answer = self
            .admin
            .ask_with(&query, json!({ "id": login["id"] }))
            .await;
        answer["data"]["providerLogin"].clone()
    }

    /// Waits until a sign-in is over.
    async fn over(&self, login: &Value) -> Value {
        eventually("the end of the sign-in", async || {
            let login = self.look(login).await;
            let waits = ["PENDING", "COMPLETING"].contains(&login["status"].as_str().unwrap());
            (!waits).then_some(login)
        })
        .await
    }

    async fn accounts(&self) -> Vec<provider_account::Model> {
        let accounts = &self.app.services.provider_accounts;
        accounts.list().await.unwrap()
    }

    /// The auth file of the one account.
    async fn auth_file(&self) -> Value {
        let credentials = self.app.services.provider_accounts.credentials().await;
        match &credentials.unwrap()[0].secret {
            CredentialSecret::AuthFile { json, .. } => {
                serde_json::from_str(json.expose_secret()).unwrap()
            }
            CredentialSecret::ApiKey(_) => panic!("no auth file"),
        }
    }
}

async fn begin(caller: &Caller, kind: &str) -> Value {
    let query = format!(
        "mutation($input: StartProviderLoginInput!) {{
            startProviderLogin(input: $input) {{ login {{ {FIELDS} }} }} }}"
    );
    caller
        .ask_with(&query, json!({ "input": { "kind": kind } }))
        .await
}

async fn paste(caller: &Caller, login: &Value, text: &str) -> Value {
    let query = format!(
        "mutation($id: ID!, $url: String!) {{
            completeProviderLogin(id: $id, redirectUrl: $url) {{ login {{ {FIELDS} }} }} }}"
    );
    let variables = json!({ "id": login["id"], "url": text });
    caller.ask_with(&query, variables).await
}

async fn cancel(caller: &Caller, login: &Value) -> Value {
    let query = "mutation($id: ID!) { cancelProviderLogin(id: $id) { login { status } } }";
    caller.ask_with(query, json!({ "id": login["id"] })).await
}

/// The error message of a response.
fn message(answer: &Value) -> &str {
    answer["errors"][0]["message"].as_str().unwrap_or_default()
}
