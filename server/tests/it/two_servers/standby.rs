//! A server on standby beside one that runs, both as programs.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use super::{
    is_postgres,
    ownership::{end_lock, lock_holder},
};
use crate::support::{
    TestDatabase,
    operator::Operator,
    programs::Program,
    server::{PASSWORD, Server, run, server},
};

/// How long a takeover may last.
const TAKEOVER: Duration = Duration::from_secs(10);

/// A server on another machine: with a data directory of its own.
struct Standby {
    server: Server,
    _directory: TempDir,
}

impl Standby {
    async fn start(home: &TestDatabase) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut command = demo(home);
        command
            .env("DATA_DIR", directory.path())
            .env("ENGINE_AUTH_DIR", directory.path().join("auths"))
            .env("PORT", port.to_string())
            .env("STANDBY", "wait");
        let mut program = Program::start(&mut command);
        program.errors.line_with("on standby until it ends").await;
        let url = format!("http://127.0.0.1:{port}");
        Self {
            server: Server { program, url },
            _directory: directory,
        }
    }

    /// The status and the body of a response.
    async fn get(&self, path: &str) -> (u16, String) {
        let response = client().get(format!("{}{path}", self.server.url)).send();
        let response = response.await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn demo(home: &TestDatabase) -> Command {
    let mut command = server(home);
    command.env("ENGINE", "demo");
    command
}

async fn chat(url: &str, key: &str) -> (u16, Value) {
    let body = json!({ "model": "demo-gpt", "messages": [{ "role": "user", "content": "hello" }] });
    let request = client().post(format!("{url}/v1/chat/completions"));
    let response = request.bearer_auth(key).json(&body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_takes_over_within_ten_seconds_after_the_server_was_killed() {
    let home = TestDatabase::create().await;
    if !is_postgres(&home) {
        return;
    }
    let mut first = Server::start(&mut demo(&home)).await;
    let operator = Operator::sign_in(&first.url, PASSWORD).await.unwrap();
    let key = operator.issue_key().await;
    let mut second = Standby::start(&home).await;
    assert_eq!(second.get("/readyz").await, (503, "standby\n".to_owned()));
    assert_eq!(second.get("/livez").await.0, 200);
    let (status, health) = second.get("/healthz").await;
    assert!(status == 200 && health.contains("standby"), "{health}");
    let (status, error) = chat(&second.server.url, &key).await;
    assert_eq!((status, &error["error"]["code"]), (503, &json!("standby")));

    first.program.signal(Signal::SIGKILL);
    first.program.ended().await;
    let killed = Instant::now();
    second.server.program.output.line_with("http://").await;
    second.server.engine_runs().await;
    let (status, answer) = chat(&second.server.url, &key).await;
    let took = killed.elapsed();

    assert!(took < TAKEOVER, "{took:?}");
    assert_eq!(status, 200, "{answer}");
    assert!(answer["choices"][0].is_object(), "{answer}");
    assert_eq!(second.get("/readyz").await.0, 200);
    // The session of the first server is valid.
    let operator = operator.at(&second.server.url);
    let users = operator.ask("{ users { nodes { id } } }", json!({})).await;
    assert_eq!(users["users"]["nodes"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_takes_over_from_a_server_that_stops_which_can_come_back_as_the_standby() {
    let home = TestDatabase::create().await;
    if !is_postgres(&home) {
        return;
    }
    let mut first = Server::start(&mut demo(&home)).await;
    let mut second = Standby::start(&home).await;

    first.program.signal(Signal::SIGTERM);
    assert_eq!(first.program.ended().await.code(), Some(0));
    second.server.program.output.line_with("http://").await;
    let third = Standby::start(&home).await;

    assert_eq!(second.get("/readyz").await.0, 200);
    assert_eq!(third.get("/readyz").await.0, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_loses_the_connection_of_its_lock_keeps_the_database_beside_a_standby() {
    let home = TestDatabase::create().await;
    if !is_postgres(&home) {
        return;
    }
    let mut first = Server::start(&mut demo(&home)).await;
    let second = Standby::start(&home).await;
    let before = lock_holder(&home).await.unwrap();

    end_lock(&home).await;
    first.program.errors.line_with("regained the lock").await;

    assert_ne!(lock_holder(&home).await.unwrap(), before);
    assert_eq!(second.get("/readyz").await.0, 503);
    assert!(Operator::sign_in(&first.url, PASSWORD).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_of_an_sqlite_database_is_refused() {
    let home = TestDatabase::create().await;
    let file = format!("sqlite://{}", home.directory.path().join("x.db").display());

    let refused = run(demo(&home).env("DATABASE_URL", file).env("STANDBY", "wait")).await;

    assert_eq!(refused.status.code(), Some(64));
    let complaint = String::from_utf8(refused.stderr).unwrap();
    assert!(
        complaint.contains("needs a PostgreSQL database"),
        "{complaint}"
    );
}
