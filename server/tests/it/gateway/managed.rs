//! A whole server with a managed engine, in front of a provider that records its usage.

mod accounts;
mod aliases;
mod auth_files;
mod bounds;
mod canaries;
mod catalogue;
mod choosing;
mod dedicated;
mod groups;
mod handover;
mod health;
mod killed;
mod leaving;
mod openings;
mod pausing;
mod prices;
mod probing;
mod protocols;
mod rotation;
mod sharing;
mod soak;
mod updates;
mod windows;

use entity::{provider_account::ProviderKind, request};
use proxypal_server::domain::provider_accounts::{NewAuthFile, NewProviderApiKey};
use reqwest::RequestBuilder;
use serde_json::Value;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::support::{
    Options, Records, TestApp, TestDatabase, eventually,
    programs::engine_binary,
    protocol::{CHAT, Delivery, Protocol},
    provider::Provider,
    test_context,
    token_endpoint::TokenEndpoint,
};

/// The server, the provider, and a user.
struct Managed {
    app: TestApp,
    provider: Provider,
    key: String,
    /// A stream cannot be shared between threads; a mutex makes it so.
    records: Mutex<Records>,
}

impl Managed {
    /// With an account for each protocol.
    async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// The same, with more options.
    async fn start_with(options: Options) -> Self {
        let binary = format!("--engine-binary={}", engine_binary().display());
        let options = options.with("--engine=managed").with(&binary);
        let app = TestApp::start(options, TestDatabase::create().await).await;
        let provider = Provider::start().await;
        let (key, records) = (app.issue_key().await, Mutex::new(app.records().await));
        let managed = Self {
            app,
            provider,
            key,
            records,
        };
        for protocol in Protocol::ALL {
            let account = managed.provider.account(protocol.kind(), protocol.model());
            managed.add(account).await;
        }
        for protocol in Protocol::ALL {
            managed.lists(protocol.model(), true).await;
        }
        managed
    }

    async fn add(&self, account: NewProviderApiKey) -> Uuid {
        let accounts = &self.app.services.provider_accounts;
        accounts
            .add_api_key(test_context(), account)
            .await
            .unwrap()
            .id
    }

    /// Adds a sign-in that the engine refreshes immediately.
    async fn sign_in_with(&self, endpoint: &TokenEndpoint) {
        let content = endpoint.ending_sign_in(&format!("{}/codex", self.provider.url));
        let new = NewAuthFile {
            kind: ProviderKind::Xai,
            label: None,
            email: None,
            plan: None,
            file_name: None,
            content,
            expires_at: None,
        };
        let accounts = &self.app.services.provider_accounts;
        accounts.save_auth_file(test_context(), new).await.unwrap();
        self.lists("grok-4.3", true).await;
    }

    /// Waits until a model is listed, or is not.
    async fn lists(&self, model: &str, is_listed: bool) {
        eventually("the model list", async || {
            let request = self.app.http.get(self.app.url("/v1/models"));
            let answer = request.bearer_auth(&self.key).send().await.unwrap();
            let list: Value = answer.json().await.unwrap();
            let mut models = list["data"].as_array()?.iter();
            (models.any(|listed| listed["id"] == model) == is_listed).then_some(())
        })
        .await;
    }

    fn request(&self, protocol: Protocol, delivery: Delivery, script: &str) -> RequestBuilder {
        let request = self.app.http.post(self.app.url(protocol.path(delivery)));
        request
            .bearer_auth(&self.key)
            .json(&protocol.body(delivery, script))
    }

    async fn ask(&self, protocol: Protocol, delivery: Delivery, script: &str) -> reqwest::Response {
        let request = self.request(protocol, delivery, script);
        request.send().await.unwrap()
    }

    /// The next record that is not of a list of models.
    async fn next_record(&mut self) -> request::Model {
        loop {
            let record = self.records.get_mut().next().await;
            if record.endpoint != "GET /v1/models" {
                return record;
            }
        }
    }

    /// A record once the engine has reported on it.
    async fn reconciled(&self, id: Uuid) -> request::Model {
        eventually("the engine's report", async || {
            let record = self.app.services.requests.find(id).await.unwrap()?;
            record.account_id.is_some().then_some(record)
        })
        .await
    }
}
