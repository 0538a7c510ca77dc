//! The real engine before a provider that notes what arrives and answers nothing.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, process::Command};

use super::{arrival::Arrival, cases::Case};
use crate::support::{
    eventually,
    programs::{Program, engine_binary},
};

const KEY: &str = "differential-key";

type Arrivals = Arc<Mutex<HashMap<u64, Arrival>>>;

/// A running engine; it is killed with the test.
pub(super) struct RealEngine {
    address: SocketAddr,
    http: reqwest::Client,
    arrivals: Arrivals,
    _program: Program,
    _directory: TempDir,
}

impl RealEngine {
    pub(super) async fn start() -> Self {
        let arrivals = Arrivals::default();
        let provider = provider(arrivals.clone()).await;
        let address = free_address().await;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        std::fs::create_dir(path.join("auths")).unwrap();
        let configuration = path.join("config.yaml");
        let auths = path.join("auths").display().to_string();
        std::fs::write(&configuration, rendered(address, provider, &auths)).unwrap();
        let mut command = Command::new(engine_binary());
        command
            .arg("-config")
            .arg(&configuration)
            .arg("-local-model")
            .current_dir(path)
            .env_clear()
            .env("HOME", path)
            .env("WRITABLE_PATH", path);
        let program = Program::start(&mut command);
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_mins(1))
            .build()
            .unwrap();
        let url = format!("http://{address}/v1/models");
        eventually("the engine's models", async || {
            let answer = http.get(&url).bearer_auth(KEY).send().await.ok()?;
            let text = answer.text().await.ok()?;
            text.contains("x-one").then_some(())
        })
        .await;
        Self {
            address,
            http,
            arrivals,
            _program: program,
            _directory: directory,
        }
    }

    /// The request that arrived at the provider, if one did.
    pub(super) async fn send(&self, case: &Case, number: u64) -> Option<Arrival> {
        let url = format!("http://{}{}", self.address, case.path);
        let mut request = self.http.request(case.method.clone(), url);
        request = request
            .bearer_auth(KEY)
            .header("x-case", number.to_string());
        for (name, value) in &case.headers() {
            request = request.header(name, value);
        }
        let answer = request.body(case.body.clone()).send().await;
        let _ = answer.unwrap().bytes().await;
        self.arrivals.lock().unwrap().remove(&number)
    }
}

/// Refuses everything, which makes the engine neither try again nor rest.
async fn provider(arrivals: Arrivals) -> SocketAddr {
    let note =
        async |State(arrivals): State<Arrivals>, uri: Uri, headers: HeaderMap, body: Bytes| {
            let number = headers
                .get("x-case")
                .and_then(|number| number.to_str().ok()?.parse().ok());
            if let Some(number) = number {
                let arrival = Arrival::new(uri.path(), &body);
                arrivals.lock().unwrap().insert(number, arrival);
            }
            (
                StatusCode::BAD_REQUEST,
                r#"{"error":{"message":"noted","type":"invalid_request_error"}}"#,
            )
        };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(note).with_state(arrivals);
    #[expect(
        clippy::disallowed_methods,
        reason = "the provider is killed with the test"
    )]
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

/// One key of each provider, which hands the number of the case on.
fn rendered(engine: SocketAddr, provider: SocketAddr, auths: &str) -> String {
    let port = engine.port();
    let model = |name: &str| format!("{{ name: \"up-{name}\", alias: \"{name}\" }}");
    let (o_one, o_two, c_one, c_two) = (
        model("o-one"),
        model("o-two"),
        model("c-one"),
        model("c-two"),
    );
    let (g_one, x_one) = (model("g-one"), model("x-one"));
    let headers = "headers: { X-Case: \"$X-Case\" }";
    format!(
        r#"
host: "127.0.0.1"
port: {port}
auth-dir: "{auths}"
api-keys: ["{KEY}"]
remote-management: {{ allow-remote: false, secret-key: "", disable-control-panel: true }}
commercial-mode: true
request-retry: 0
disable-cooling: true
openai-compatibility:
  - name: "compatible"
    base-url: "http://{provider}/v1"
    {headers}
    api-key-entries: [ {{ api-key: "sk-o" }} ]
    models: [ {o_one}, {o_two} ]
claude-api-key:
  - api-key: "sk-c"
    base-url: "http://{provider}"
    {headers}
    models: [ {c_one}, {c_two} ]
gemini-api-key:
  - api-key: "sk-g"
    base-url: "http://{provider}"
    {headers}
    models: [ {g_one} ]
codex-api-key:
  - api-key: "sk-x"
    base-url: "http://{provider}/codex"
    {headers}
    models: [ {x_one} ]
"#
    )
}
