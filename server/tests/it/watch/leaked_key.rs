//! A leaked key that an administrator looks up is not leaked once more.

use nix::sys::signal::Signal;
use serde_json::json;

use super::collector::Collector;
use crate::support::{
    TestDatabase, code,
    operator::Operator,
    scripted,
    server::{METRICS_TOKEN, PASSWORD, Server, before, server},
};

const BY_SECRET: &str = "query($text: String!) { apiKeyBySecret(secret: $text) { id } }";
const BY_SEARCH: &str =
    "query($text: String!) { apiKeys(filter: { search: $text }) { nodes { id } totalCount } }";

#[tokio::test]
async fn a_secret_that_is_looked_up_appears_in_no_log_trace_metric_audit_or_row() {
    let (collector, home) = (Collector::start().await, TestDatabase::create().await);
    let mut command = server(&home);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
        .env("OTEL_BSP_SCHEDULE_DELAY", "1")
        .env("LOG_LEVEL", "trace");
    let mut server = Server::start(before(scripted(super::engine()).await, &mut command)).await;
    let operator = Operator::sign_in(&server.url, PASSWORD).await.unwrap();
    let known = operator.issue_key().await;
    let unknown = format!("{}canary", &known[..known.len() - 6]);
    let answers = [
        operator.answer(BY_SECRET, json!({ "text": known })).await,
        operator.answer(BY_SEARCH, json!({ "text": known })).await,
        operator.answer(BY_SECRET, json!({ "text": unknown })).await,
        operator.answer(BY_SEARCH, json!({ "text": unknown })).await,
    ];
    assert!(answers[0]["data"]["apiKeyBySecret"]["id"].is_string());
    assert_eq!(answers[1]["data"]["apiKeys"]["totalCount"], 1);
    assert_eq!(code(&answers[2]), "BAD_USER_INPUT");
    // A search finds it by its prefix.
    assert_eq!(answers[3]["data"]["apiKeys"]["totalCount"], 1);

    let query = "{ auditEvents(first: 200) { nodes { before after action } } }";
    let audit = operator.ask(query, json!({})).await.to_string();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let metrics = http.get(format!("{}/metrics", server.url));
    let metrics = metrics.bearer_auth(METRICS_TOKEN).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    server.program.signal(Signal::SIGTERM);
    server.program.ended().await;

    let log = server.program.errors.text();
    assert!(log.contains("TRACE"), "{log}");
    assert!(audit.contains("createUser") && metrics.contains("# TYPE"));
    let traces = String::from_utf8_lossy(&collector.so_far().raw).into_owned();
    let rows = files(home.directory.path());
    let answers = format!("{answers:?}");
    for secret in [&known, &unknown] {
        // What identifies a key may be shown: its prefix and its last four characters.
        let inner = &secret[secret.len() - 20..secret.len() - 4];
        for (place, text) in [
            ("the log", &log),
            ("the audit", &audit),
            ("the metrics", &metrics),
            ("the traces", &traces),
            ("the data directory", &rows),
            ("the answers", &answers),
        ] {
            assert!(!text.contains(inner), "{place}");
        }
    }
}

/// All files below a directory.
fn files(directory: &std::path::Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &files(&path);
        } else if let Ok(bytes) = std::fs::read(&path) {
            text += &String::from_utf8_lossy(&bytes);
        }
    }
    text
}
