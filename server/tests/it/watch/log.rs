//! Every line that the log has of a request names it.

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Response, Uri},
    routing::post,
};
use futures_util::stream;
use nix::sys::signal::Signal;
use sea_orm::ConnectionTrait as _;
use serde_json::Value;

use crate::support::{
    Script, TestDatabase, code,
    operator::Operator,
    scripted,
    server::{PASSWORD, Server, before, server},
};

/// An engine that cuts off its answers, or closes the connection before answering.
fn breaking() -> Script {
    let answer = async |uri: Uri| {
        assert!(!uri.path().ends_with("messages"), "it hangs up");
        let broken = std::io::Error::other("broken");
        let pieces = [Ok(Bytes::from_static(b"data: {}\n")), Err(broken)];
        Response::new(Body::from_stream(stream::iter(pieces)))
    };
    Router::new().fallback(post(answer))
}

#[tokio::test]
async fn an_engine_that_fails_many_requests_is_one_line_of_the_log() {
    let home = TestDatabase::create().await;
    let mut command = server(&home);
    let mut server = Server::start(before(scripted(breaking()).await, &mut command)).await;
    server.engine_runs().await;
    let operator = Operator::sign_in(&server.url, PASSWORD).await.unwrap();
    let key = operator.issue_key().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();

    for _ in 0..20 {
        for path in ["/v1/messages", "/v1/chat/completions"] {
            let request = http.post(format!("{}{path}", server.url)).bearer_auth(&key);
            let _ = request.body("{}").send().await.unwrap().text().await;
        }
    }
    server.program.signal(Signal::SIGTERM);
    server.program.ended().await;

    let log = server.program.errors.text();
    let of_engine = |line: &&str| line.contains("request.id=") && line.contains(" WARN ");
    assert_eq!(log.lines().filter(of_engine).count(), 1, "{log}");
}

#[tokio::test]
async fn all_migrations_of_a_first_start_are_one_line_of_the_log() {
    let home = TestDatabase::empty().await;
    let mut server = Server::start(server(&home).env("ENGINE", "demo")).await;
    server.program.signal(Signal::SIGTERM);
    server.program.ended().await;

    let log = server.program.errors.text();
    let of_migrations = |line: &&str| line.to_lowercase().contains("migration");
    assert_eq!(log.lines().filter(of_migrations).count(), 1, "{log}");
}

#[tokio::test]
async fn queries_that_the_database_fails_are_one_line_of_the_log() {
    let home = TestDatabase::create().await;
    let mut server = Server::start(server(&home).env("ENGINE", "demo")).await;
    let operator = Operator::sign_in(&server.url, PASSWORD).await.unwrap();
    let database = sea_orm::Database::connect(&home.url).await.unwrap();
    let rename = "ALTER TABLE api_token RENAME TO api_token_away";
    database.execute_unprepared(rename).await.unwrap();

    for _ in 0..5 {
        let answer = operator.answer("{ apiTokens { id } }", Value::Null).await;
        assert_eq!(code(&answer), "INTERNAL", "{answer}");
    }
    server.program.signal(Signal::SIGTERM);
    server.program.ended().await;

    let log = server.program.errors.text();
    let errors = |line: &&str| line.contains(" ERROR ");
    assert_eq!(log.lines().filter(errors).count(), 1, "{log}");
}

#[tokio::test]
async fn every_line_of_the_gateway_names_its_request() {
    let home = TestDatabase::create().await;
    let mut command = server(&home);
    command.env("LOG_FORMAT", "json").env("LOG_LEVEL", "debug");
    let mut server = Server::start(before(scripted(breaking()).await, &mut command)).await;
    server.engine_runs().await;
    let operator = Operator::sign_in(&server.url, PASSWORD).await.unwrap();
    let key = operator.issue_key().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();

    let mut ids = Vec::new();
    for path in ["/v1/messages", "/v1/chat/completions"] {
        let request = http.post(format!("{}{path}", server.url)).bearer_auth(&key);
        let answer = request.body("{}").send().await.unwrap();
        let id = answer.headers()["x-request-id"].to_str().unwrap();
        ids.push(id.to_owned());
        let _ = answer.text().await;
    }
    server.program.signal(Signal::SIGTERM);
    server.program.ended().await;

    let log = server.program.errors.text();
    let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
    let logged: Vec<Value> = lines
        .filter(|line: &Value| {
            let target = line["target"].as_str().unwrap();
            target.starts_with("proxypal_server::gateway")
        })
        .collect();
    let named: Vec<_> = logged
        .iter()
        .map(|line| line["request.id"].as_str())
        .collect();
    assert_eq!(
        named,
        [Some(ids[0].as_str()), Some(ids[1].as_str())],
        "{log}"
    );
}
