//! An engine under test, and what it needs around it.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use entity::provider_account::{ProviderKind, ProviderModel};
use futures_util::future::BoxFuture;
use proxypal_server::clock::SystemClock;
use proxypal_server::domain::engine_usage::EngineUsage;
use proxypal_server::domain::provider_accounts::{CredentialSecret, ProviderCredential};
use proxypal_server::engine::{
    CredentialSource, CredentialsError, EngineContext, EngineHandle, EngineMode, EngineOptions,
    EngineState, EngineStatus,
};
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub(crate) use crate::support::{EVENT_TIMEOUT, programs::engine_binary};

/// Credentials that a test can change.
#[derive(Debug)]
pub(crate) struct Credentials {
    list: Mutex<Vec<ProviderCredential>>,
    changes: watch::Sender<u64>,
}

impl Credentials {
    /// Changes the list and publishes the change.
    pub(crate) fn set(&self, list: Vec<ProviderCredential>) {
        *self.list.lock().unwrap() = list;
        self.changes.send_modify(|count| *count += 1);
    }
}

impl CredentialSource for Credentials {
    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn credentials(&self) -> BoxFuture<'_, Result<Vec<ProviderCredential>, CredentialsError>> {
        Box::pin(async { Ok(self.list.lock().unwrap().clone()) })
    }
}

/// A launched engine with its surroundings.
pub(crate) struct TestEngine {
    pub(crate) engine: EngineHandle,
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) usage: mpsc::Receiver<EngineUsage>,
    pub(crate) http: reqwest::Client,
    pub(crate) folder: TempDir,
    shutdown: CancellationToken,
}

impl TestEngine {
    /// The engine with these credentials.
    pub(crate) async fn with(list: Vec<ProviderCredential>) -> Self {
        let test_engine = Self::launch(list, |_| {});
        test_engine.running().await;
        test_engine
    }

    /// The engine with options of the test's own.
    pub(crate) fn launch(
        list: Vec<ProviderCredential>,
        change: impl FnOnce(&mut EngineOptions),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let credentials = Arc::new(Credentials {
            list: Mutex::new(list),
            changes: watch::Sender::new(0),
        });
        let (sink, usage) = mpsc::channel(64);
        let shutdown = CancellationToken::new();
        let mut options = options(folder.path());
        change(&mut options);
        let context = EngineContext {
            source: credentials.clone(),
            clock: Arc::new(SystemClock),
            usage: sink,
            tasks: TaskTracker::new(),
            shutdown: shutdown.clone(),
        };
        let engine = EngineHandle::launch(options, context);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            engine,
            credentials,
            usage,
            http,
            folder,
            shutdown,
        }
    }

    /// Waits until the engine is in this state.
    pub(crate) async fn reaches(&self, state: EngineState) -> EngineStatus {
        self.becomes(|status| status.state == state).await
    }

    /// Waits until the engine is running.
    pub(crate) async fn running(&self) -> EngineStatus {
        self.reaches(EngineState::Running).await
    }

    /// Waits until the engine is like this.
    pub(crate) async fn becomes(&self, is_so: impl FnMut(&EngineStatus) -> bool) -> EngineStatus {
        let mut watch = self.engine.watch();
        let status = tokio::time::timeout(EVENT_TIMEOUT, watch.wait_for(is_so)).await;
        assert!(
            status.is_ok(),
            "{:?}\n{:#?}",
            self.engine.status(),
            self.engine.logs().tail(50)
        );
        status.unwrap().unwrap().clone()
    }

    /// A request to the engine, with the key that opens it.
    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let endpoint = self.engine.endpoint().unwrap();
        let url = format!("{}://{}{path}", endpoint.scheme, endpoint.authority);
        self.http
            .request(method, url)
            .header("authorization", endpoint.authorization.clone())
    }

    /// The names of all models.
    pub(crate) async fn models(&self) -> Vec<String> {
        let answer = self
            .request(reqwest::Method::GET, "/v1/models")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let list: serde_json::Value = answer.json().await.unwrap();
        let models = list["data"].as_array().unwrap();
        models
            .iter()
            .map(|model| model["id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Asks a model to say hello.
    pub(crate) async fn chat(&self, model: &str, request_id: Uuid) -> reqwest::Response {
        let body =
            serde_json::json!({"model": model, "messages": [{"role": "user", "content": "hello"}]});
        self.request(reqwest::Method::POST, "/v1/chat/completions")
            .header("x-forwarded-for", request_id.to_string())
            .json(&body)
            .send()
            .await
            .unwrap()
    }

    /// The next usage record.
    pub(crate) async fn next_usage(&mut self) -> EngineUsage {
        tokio::time::timeout(EVENT_TIMEOUT, self.usage.recv())
            .await
            .unwrap()
            .unwrap()
    }

    /// Ends the engine as the server does.
    pub(crate) async fn end(&self) {
        self.shutdown.cancel();
        tokio::time::timeout(EVENT_TIMEOUT, self.engine.finished())
            .await
            .unwrap();
    }
}

impl Drop for TestEngine {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

fn options(data_dir: &Path) -> EngineOptions {
    EngineOptions {
        mode: EngineMode::Managed,
        binary: Some(engine_binary()),
        search_path: "/usr/bin:/bin".into(),
        data_dir: data_dir.to_owned(),
        auth_dir: Some(data_dir.join("auths")),
        launcher: env!("CARGO_BIN_EXE_proxypal-server").into(),
        external: None,
        allow_demo_fallback: false,
        drain: None,
        drain_replaced: None,
        dedicated_max: 0,
        account: None,
        refresh_limit: proxypal_server::engine::REFRESH_LIMIT,
    }
}

/// A program made of a shell script.
pub(crate) fn script(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("engine.sh");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// A key at a provider that speaks OpenAI's protocol at `base_url`.
pub(crate) fn compatible(model: &str, base_url: &str) -> ProviderCredential {
    ProviderCredential {
        account_id: Uuid::now_v7(),
        kind: ProviderKind::OpenaiCompatible,
        label: format!("provider of {model}"),
        secret: CredentialSecret::ApiKey(format!("sk-upstream-canary-{model}").into()),
        headers: BTreeMap::from([("X-Extra".to_owned(), "header-canary".into())]),
        base_url: Some(base_url.to_owned()),
        models: vec![ProviderModel {
            name: format!("real-{model}"),
            alias: Some(model.to_owned()),
        }],
        prefix: None,
        priority: 0,
        weight: 1,
        proxy_url: None,
    }
}

/// A provider that answers every chat with the same words and counts.
pub(crate) async fn provider() -> String {
    let answer = axum::Json(serde_json::json!({
        "id": "chat-1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hello"}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 2}},
    }));
    let route = axum::routing::post(move || std::future::ready(answer.clone()));
    serve(axum::Router::new().route("/v1/chat/completions", route)).await
}

/// Serves a router for as long as the test runs; answers its address with `/v1`.
pub(crate) async fn serve(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    TaskTracker::new().spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}/v1")
}
