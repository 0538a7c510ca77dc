//! While the journal cannot be written, new requests are refused, and those in flight are still counted.

use std::{path::PathBuf, process::Stdio};

use entity::request::{self, Outcome};
use nix::sys::signal::Signal;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};
use tokio::process::Command;

use super::{CHAT, TestServer};
use crate::support::{
    eventually,
    operator::Operator,
    server::{PASSWORD, Server, run, server},
};

/// Longer than the files of a small database ever get here.
const LONG: u64 = 6_000_000;

impl TestServer {
    /// A server that gets an error when a file may not grow, and is not killed.
    async fn start_on_a_disk_that_fills(&self) -> Server {
        let plain = server(&self.home);
        let plain = plain.as_std();
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", "trap '' XFSZ; exec \"$0\""])
            .arg(plain.get_program())
            .env_clear()
            .stdin(Stdio::null());
        for (name, value) in plain.get_envs() {
            command.env(name, value.unwrap());
        }
        self.start_as(command).await
    }

    /// The file that is written to.
    fn journal(&self) -> PathBuf {
        let files = std::fs::read_dir(self.home.directory.path().join("journal")).unwrap();
        let files = files.map(|file| file.unwrap().path());
        files.max().unwrap()
    }

    /// Makes the journal longer than the files of the database.
    async fn fill_journal(&self, running: &Server) {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let agent = "a".repeat(50_000);
        while self.journal().metadata().unwrap().len() < LONG {
            let request = http.post(format!("{}{CHAT}", running.url));
            let request = request.bearer_auth(&self.key).header("user-agent", &agent);
            let answer = request.body(r#"{"model":"m"}"#).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            answer.bytes().await.unwrap();
        }
    }
}

/// Lets no file of the server become longer than this.
async fn limit_files(running: &Server, bytes: &str) {
    let mut command = Command::new("prlimit");
    command
        .arg(format!("--pid={}", running.program.pid()))
        .arg(format!("--fsize={bytes}:"));
    let ended = run(&mut command).await;
    assert!(ended.status.success(), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_journal_new_requests_are_refused_and_those_in_flight_are_recorded() {
    let test_server = TestServer::build().await;
    let running = test_server.start_on_a_disk_that_fills().await;
    test_server.fill_journal(&running).await;
    test_server.engine.may_end.send_replace(false);
    let (slow, mut answer) = test_server.begin(&running).await;

    limit_files(&running, &LONG.to_string()).await;
    test_server.refuses(&running).await;
    test_server.engine.may_end.send_replace(true);
    answer.read_until("[DONE]\n\n\r\n0\r\n").await;
    let database = test_server.database().await;
    let recorded = request::Entity::find_by_id(slow).one(&database).await;
    assert!(
        recorded.unwrap().is_some(),
        "the end was seen before it was safe"
    );
    limit_files(&running, "unlimited").await;

    test_server.until(&running, 200).await;
    let books = test_server.close(running).await;
    let refused = books
        .rows
        .values()
        .filter(|row| row.http_status == Some(503));
    assert_eq!(refused.count(), 3);
    books.agree();
}

const RECORDING: &str = "{ alerts(filter: { kinds: [RECORDING_FAILING] }) { nodes { severity endedAt detail { reason } } } }";
const ADD: &str = "mutation($key: String!) { addProviderApiKey(input: { kind: CLAUDE, apiKey: $key }) \
    { __typename } }";

/// The alert about recording, once it is as expected. A change of an account makes the server evaluate its alerts
/// immediately.
async fn recording_alert(operator: &Operator, is_open: bool) -> Value {
    let key = format!("sk-ant-canary-{is_open}-0123456789");
    operator.ask(ADD, json!({ "key": key })).await;
    eventually("the alert", async || {
        let found = operator.ask(RECORDING, json!({})).await;
        let alert = found["alerts"]["nodes"].get(0)?.clone();
        (alert["endedAt"].is_null() == is_open).then_some(alert)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_cannot_be_written_raises_an_alert_until_it_can() {
    let test_server = TestServer::build().await;
    let running = test_server.start_on_a_disk_that_fills().await;
    test_server.fill_journal(&running).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();

    limit_files(&running, &LONG.to_string()).await;
    test_server.refuses(&running).await;
    let raised = recording_alert(&operator, true).await;
    limit_files(&running, "unlimited").await;
    test_server.until(&running, 200).await;
    let ended = recording_alert(&operator, false).await;

    assert_eq!(raised["severity"], "CRITICAL");
    assert_eq!(raised["detail"]["reason"], "the journal cannot be written");
    assert!(ended["endedAt"].is_string(), "{ended}");
    test_server.close(running).await.agree();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_new_requests_and_served_ones_are_counted_once_there_is_space() {
    let test_server = TestServer::build().await;
    let running = test_server.start_on_a_disk_that_fills().await;
    test_server.engine.may_end.send_replace(false);
    let (_, mut answer) = test_server.begin(&running).await;

    limit_files(&running, "0").await;
    test_server.engine.may_end.send_replace(true);
    answer.read_until("[DONE]").await;
    test_server.refuses(&running).await;
    limit_files(&running, "unlimited").await;

    test_server.until(&running, 200).await;
    let books = test_server.close(running).await;
    books.agree();
    let reported = test_server.engine.reported.lock().unwrap();
    for (id, tokens) in reported.iter() {
        assert_eq!(super::tokens(&books.rows[id]), *tokens);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_truncated_by_a_full_disk_is_read_to_its_end() {
    let test_server = TestServer::build().await;
    let mut running = test_server.start_on_a_disk_that_fills().await;
    let first = test_server.ask(&running, CHAT).await.id;
    let database = test_server.database().await;
    // Its last line may be written after its answer; what is in the database has no more to come.
    eventually("the first request", async || {
        let found = request::Entity::find_by_id(first).one(&database).await;
        found.unwrap().map(|_| ())
    })
    .await;
    let whole = std::fs::read_to_string(test_server.journal()).unwrap();
    limit_files(&running, &(whole.len() + 20).to_string()).await;
    test_server.refuses(&running).await;
    assert_eq!(
        std::fs::read_to_string(test_server.journal()).unwrap(),
        whole
    );
    limit_files(&running, "unlimited").await;
    test_server.until(&running, 200).await;
    test_server.engine.may_end.send_replace(false);
    let (id, _answer) = test_server.begin(&running).await;

    running.program.signal(Signal::SIGKILL);
    running.program.ended().await;
    test_server.engine.may_end.send_replace(true);
    let books = test_server.close(test_server.start().await).await;

    assert_eq!(books.rows[&id].outcome, Outcome::Interrupted);
    books.agree();
}
