//! A environment with everything in it: the server as a program with an engine of its own, its administrator,
//! and a provider that knows what it produced.

use nix::sys::signal::Signal;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{
    TestDatabase, eventually,
    operator::Operator,
    protocol::{Delivery, Protocol},
    provider::Provider,
    server::{PASSWORD, Server, managing, server},
};

const ADD_ACCOUNT: &str = "mutation($input: AddProviderApiKeyInput!) { addProviderApiKey(input: $input) \
    { __typename } }";
const CREATE_USER: &str =
    "mutation($name: String!) { createUser(input: {name: $name}) { user { id } secret } }";
const REQUEST: &str = "query($id: ID!) { request(id: $id) { outcome httpStatus errorCode model streamed \
    provider protocol usageSource user { id } tokens { input cacheRead cacheWrite output reasoning } } }";

/// Everything that runs.
pub(super) struct TestEnvironment {
    pub(super) home: TestDatabase,
    pub(super) server: Server,
    pub(super) operator: Operator,
    pub(super) provider: Provider,
    environment: Vec<(String, String)>,
    http: reqwest::Client,
}

/// A user with a key.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) key: String,
}

impl TestEnvironment {
    /// With an administrator, and no account yet.
    pub(super) async fn open(environment: Vec<(String, String)>) -> Self {
        let home = TestDatabase::create().await;
        let server = Server::start(&mut command(&home, &environment)).await;
        let operator = Operator::sign_in(&server.url, PASSWORD).await.unwrap();
        let provider = Provider::start().await;
        server.engine_runs().await;
        Self {
            home,
            server,
            operator,
            provider,
            environment,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// With an account for each protocol, loaded by the engine, and without rate limits.
    pub(super) async fn furnished() -> Self {
        let environment = Self::open(Vec::new()).await;
        environment.operator.lift_rate_limit().await;
        for protocol in Protocol::ALL {
            environment.add_account(protocol).await;
        }
        let looker = environment.user("Looker").await;
        environment.lists_all_models(&looker).await;
        environment
    }

    /// The input that adds an account for this protocol.
    pub(super) fn account(&self, protocol: Protocol) -> Value {
        let account = self.provider.account(protocol.kind(), protocol.model());
        json!({
            "kind": kind(protocol), "apiKey": secret(protocol), "baseUrl": account.base_url,
            "label": account.label, "models": [{ "name": protocol.model() }],
        })
    }

    pub(super) async fn add_account(&self, protocol: Protocol) {
        let input = self.account(protocol);
        self.operator
            .ask(ADD_ACCOUNT, json!({ "input": input }))
            .await;
    }

    pub(super) async fn user(&self, name: &str) -> User {
        let created = self
            .operator
            .ask(CREATE_USER, json!({ "name": name }))
            .await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        User {
            id: text(&created["createUser"]["user"]["id"]),
            key: text(&created["createUser"]["secret"]),
        }
    }

    /// Waits until the engine offers a model of each protocol.
    pub(super) async fn lists_all_models(&self, user: &User) {
        eventually("the model list", async || {
            let (_, list) = self.models(&user.key).await;
            let has = |protocol: Protocol| list.contains(&protocol.model().to_owned());
            Protocol::ALL.into_iter().all(has).then_some(())
        })
        .await;
    }

    /// The status and the models that this key sees.
    pub(super) async fn models(&self, key: &str) -> (u16, Vec<String>) {
        let request = self.http.get(format!("{}/v1/models", self.server.url));
        let answer = request.bearer_auth(key).send().await.unwrap();
        let status = answer.status().as_u16();
        let list: Value = answer.json().await.unwrap();
        let models = list["data"].as_array().into_iter().flatten();
        let names = models.map(|model| model["id"].as_str().unwrap().to_owned());
        (status, names.collect())
    }

    /// Sends a request with a key; the script selects the provider's answer.
    pub(super) async fn ask(
        &self,
        key: &str,
        protocol: Protocol,
        delivery: Delivery,
        script: &str,
    ) -> Response {
        let body = protocol.body(delivery, script);
        self.send(key, protocol.path(delivery), &body).await
    }

    /// Sends this body with a key.
    pub(super) async fn send(&self, key: &str, path: &str, body: &Value) -> Response {
        let request = self.http.post(format!("{}{path}", self.server.url));
        request.bearer_auth(key).json(body).send().await.unwrap()
    }

    /// The status of one short answer in the chat protocol.
    pub(super) async fn status(&self, key: &str) -> u16 {
        let answer = self.ask(key, Protocol::Chat, Delivery::Whole, "hello");
        answer.await.status().as_u16()
    }

    /// The row of a request, once it is recorded.
    pub(super) async fn row(&self, id: &str) -> Value {
        eventually("the row", async || {
            let data = self.operator.ask(REQUEST, json!({ "id": id })).await;
            (!data["request"].is_null()).then(|| data["request"].clone())
        })
        .await
    }

    /// Stops it as a deployment does.
    pub(super) async fn stop(&mut self) {
        self.server.program.signal(Signal::SIGTERM);
        assert_eq!(self.server.program.ended().await.code(), Some(0));
    }

    /// Starts it again where it left off; the administrator goes on with the session.
    pub(super) async fn start_again(&mut self) {
        self.server = Server::start(&mut command(&self.home, &self.environment)).await;
        self.operator = self.operator.clone().at(&self.server.url);
        self.server.engine_runs().await;
    }
}

/// The headers that the provider receives.
pub(super) fn secret(protocol: Protocol) -> String {
    format!("sk-secret-of-{}", protocol.model())
}

/// The protocol's provider, as GraphQL calls it.
pub(super) fn kind(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Chat => "OPENAI_COMPATIBLE",
        Protocol::Messages => "CLAUDE",
        Protocol::Responses => "CHATGPT",
        Protocol::Gemini => "GEMINI",
    }
}

/// The record of an answer.
pub(super) fn request_id(answer: &Response) -> String {
    let id = &answer.headers()["x-request-id"];
    id.to_str().unwrap().to_owned()
}

fn command(home: &TestDatabase, environment: &[(String, String)]) -> Command {
    let mut command = server(home);
    managing(&mut command).envs(environment.iter().cloned());
    command
}
