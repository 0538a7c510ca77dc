//! The server as a program: how it starts, refuses to start, stops, is killed and recovers.

mod commands;

use axum::{
    Router,
    body::{Body, Bytes},
    http::Response,
    routing::post,
};
use futures_util::{StreamExt as _, stream};
use nix::sys::signal::Signal;
use sea_orm::{ConnectionTrait as _, Database};
use serde_json::json;

use super::raw::Raw;
use crate::support::{
    Script, TestDatabase, eventually,
    operator::Operator,
    programs::is_alive,
    scripted,
    server::{ENCRYPTION_KEY, PASSWORD, Server, bare_server, before, managing, run, server},
};

const BEGINNING: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n";
const END: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\ndata: [DONE]\n\n";

/// An engine that answers requests for `m` plainly, and others with a stream that pauses at each `wait` until the test
/// continues it.
fn engine() -> (tokio::sync::watch::Sender<bool>, Script) {
    let (go_on, waiting) = tokio::sync::watch::channel(false);
    let answer = move |body: String| {
        let mut waiting = waiting.clone();
        async move {
            let is_short = body.contains("short");
            let begin = stream::iter([Bytes::from_static(BEGINNING.as_bytes())]);
            let end = stream::once(async move {
                if !is_short {
                    let _ = waiting.wait_for(|may| *may).await;
                }
                Bytes::from_static(END.as_bytes())
            });
            Response::builder()
                .header("content-type", "text/event-stream")
                .body(Body::from_stream(
                    begin.chain(end).map(Ok::<_, std::io::Error>),
                ))
                .unwrap()
        }
    };
    (go_on, Router::new().fallback(post(answer)))
}

async fn begin(server: &Server, key: &str, model: &str) -> Raw {
    server.engine_runs().await;
    let body = json!({ "model": model }).to_string();
    let mut raw = Raw::connect(server.address()).await;
    raw.send(format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {key}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
    .await;
    raw
}

fn request_id(head: &str) -> String {
    let rest = head.split_once("x-request-id: ").unwrap().1;
    rest.split_once("\r\n").unwrap().0.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sigterm_answers_finish_and_the_exit_code_is_zero() {
    let (go_on, script) = engine();
    let home = TestDatabase::create().await;
    let engine = scripted(script).await;
    let mut running = Server::start(before(engine, &mut server(&home))).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    let mut answer = begin(&running, &operator.issue_key().await, "m").await;
    let id = request_id(&answer.read_until("hi").await);

    running.program.signal(Signal::SIGTERM);
    running.program.errors.line_with("stopping").await;
    go_on.send_replace(true);
    answer.read_until("[DONE]").await;

    assert_eq!(running.program.ended().await.code(), Some(0));
    let again = Server::start(before(engine, &mut server(&home))).await;
    let operator = Operator::sign_in(&again.url, PASSWORD).await.unwrap();
    let request = operator.request(&id).await.unwrap();
    assert_eq!(request["outcome"], "COMPLETED");
    assert_eq!(request["tokens"]["total"], 15);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_keeps_its_records() {
    let (_go_on, script) = engine();
    let home = TestDatabase::create().await;
    let engine = scripted(script).await;
    let mut killed = Server::start(before(engine, &mut server(&home))).await;
    let operator = Operator::sign_in(&killed.url, PASSWORD).await.unwrap();
    let key = operator.issue_key().await;
    let mut finished = begin(&killed, &key, "short").await;
    let id = request_id(&finished.read_until("[DONE]").await);
    eventually("the record", async || operator.request(&id).await).await;
    let mut cut = begin(&killed, &key, "m").await;
    cut.read_until("hi").await;

    killed.program.signal(Signal::SIGKILL);
    killed.program.ended().await;

    let again = Server::start(before(engine, &mut server(&home))).await;
    let operator = Operator::sign_in(&again.url, PASSWORD).await.unwrap();
    assert_eq!(operator.request(&id).await.unwrap()["tokens"]["total"], 15);
    let mut more = begin(&again, &key, "short").await;
    let id = request_id(&more.read_until("[DONE]").await);
    eventually("the record", async || operator.request(&id).await).await;
    if home.url.starts_with("sqlite:") {
        assert_eq!(integrity(&home).await, "ok");
    }
}

/// An engine whose answer does not end.
fn talkative_engine() -> Script {
    let answer = || async {
        let events = stream::unfold((), |()| async {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            Some((
                Ok::<_, std::io::Error>(Bytes::from_static(BEGINNING.as_bytes())),
                (),
            ))
        });
        Response::builder()
            .header("content-type", "text/event-stream")
            .body(Body::from_stream(events))
            .unwrap()
    };
    Router::new().fallback(post(answer))
}

/// The number of entries of a request in the journal.
fn times_noted(home: &TestDatabase, id: &str) -> usize {
    let files = std::fs::read_dir(home.directory.path().join("journal")).unwrap();
    let texts = files.filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok());
    texts.map(|text| text.matches(id).count()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_output_so_far_of_a_long_answer_counts_when_the_server_is_killed() {
    let home = TestDatabase::create().await;
    let engine = scripted(talkative_engine()).await;
    let mut killed = Server::start(before(engine, &mut server(&home))).await;
    let operator = Operator::sign_in(&killed.url, PASSWORD).await.unwrap();
    let key = operator.issue_key().await;
    let mut answer = begin(&killed, &key, "m").await;
    let id = request_id(&answer.read_until("hi").await);
    eventually("notes of the answer", async || {
        answer.read_until("hi").await;
        (times_noted(&home, &id) >= 2).then_some(())
    })
    .await;

    killed.program.signal(Signal::SIGKILL);
    killed.program.ended().await;

    let again = Server::start(before(engine, &mut server(&home))).await;
    let operator = Operator::sign_in(&again.url, PASSWORD).await.unwrap();
    let request = operator.request(&id).await.unwrap();
    assert_eq!(request["outcome"], "INTERRUPTED");
    // Two bytes a time, fifty times a second, for a second.
    let total = request["tokens"]["total"].as_i64().unwrap();
    assert!(total > 10, "{request}");
}

async fn integrity(home: &TestDatabase) -> String {
    let database = Database::connect(&home.url).await.unwrap();
    let rows = database
        .query_all_raw(sea_orm::Statement::from_string(
            sea_orm::DbBackend::Sqlite,
            "PRAGMA integrity_check",
        ))
        .await
        .unwrap();
    rows[0].try_get_by_index(0).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_of_a_killed_server_exits_within_a_second() {
    let home = TestDatabase::create().await;
    let mut killed = Server::start(managing(&mut server(&home))).await;
    let engine = eventually("the engine", async || killed.engine_pid().await).await;
    assert!(is_alive(engine));

    killed.program.signal(Signal::SIGKILL);
    killed.program.ended().await;
    let died = std::time::Instant::now();
    eventually("the engine's end", async || {
        (!is_alive(engine)).then_some(())
    })
    .await;

    assert!(died.elapsed() < std::time::Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_instance_reports_why_it_cannot_start() {
    let home = TestDatabase::create().await;
    let _first = Server::start(server(&home).env("ENGINE", "demo")).await;

    let second = run(server(&home).env("ENGINE", "demo")).await;

    assert_eq!(second.status.code(), Some(1));
    let complaint = String::from_utf8(second.stderr).unwrap();
    assert!(
        complaint.contains("another server is running"),
        "{complaint}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_encryption_key_is_rejected_and_changes_nothing() {
    let home = TestDatabase::create().await;
    let mut first = Server::start(server(&home).env("ENGINE", "demo")).await;
    let operator = Operator::sign_in(&first.url, PASSWORD).await.unwrap();
    let key = operator.issue_key().await;
    first.program.signal(Signal::SIGTERM);
    first.program.ended().await;

    let wrong = ENCRYPTION_KEY.replace("ca4a", "beef");
    let refused = run(server(&home)
        .env("ENGINE", "demo")
        .env("ENCRYPTION_KEY", wrong))
    .await;

    assert_eq!(refused.status.code(), Some(1));
    let complaint = String::from_utf8(refused.stderr).unwrap();
    assert!(
        complaint.contains("ENCRYPTION_KEY is not the key"),
        "{complaint}"
    );
    let (_go_on, script) = engine();
    let again = Server::start(before(scripted(script).await, &mut server(&home))).await;
    begin(&again, &key, "short")
        .await
        .read_until("[DONE]")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_refused_with_a_message() {
    let home = TestDatabase::create().await;
    let mut first = Server::start(server(&home).env("ENGINE", "demo")).await;
    first.program.signal(Signal::SIGTERM);
    first.program.ended().await;
    let database = Database::connect(&home.url).await.unwrap();
    database
        .execute_unprepared(
            "INSERT INTO seaql_migrations VALUES ('m29990101_000001_add_future', 0)",
        )
        .await
        .unwrap();
    database.close().await.unwrap();

    let refused = run(server(&home).env("ENGINE", "demo")).await;

    assert_eq!(refused.status.code(), Some(1));
    let complaint = String::from_utf8(refused.stderr).unwrap();
    assert!(
        complaint.contains("newer version of this server"),
        "{complaint}"
    );
    assert!(
        complaint.contains("m29990101_000001_add_future"),
        "{complaint}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_password_is_ignored_once_there_is_an_administrator() {
    let home = TestDatabase::create().await;
    let mut first = Server::start(server(&home).env("ENGINE", "demo")).await;
    first.program.signal(Signal::SIGTERM);
    first.program.ended().await;

    let other = "another-password-entirely";
    let mut command = server(&home);
    let again = Server::start(command.env("ENGINE", "demo").env("ADMIN_PASSWORD", other)).await;

    assert!(Operator::sign_in(&again.url, other).await.is_err());
    assert!(Operator::sign_in(&again.url, PASSWORD).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_setup_link_is_printed_and_never_logged() {
    let home = TestDatabase::create().await;
    let mut command = bare_server(&home);
    let mut fresh = Server::start(command.env("ENGINE", "demo").env("LOG_LEVEL", "trace")).await;
    let link = fresh.program.output.line_with("/setup#token=").await;
    let token = link.split_once("#token=").unwrap().1.trim().to_owned();
    fresh.program.errors.line_with("the server is ready").await;

    fresh.program.signal(Signal::SIGTERM);
    fresh.program.ended().await;

    assert!(token.len() >= 32, "{token}");
    assert!(!fresh.program.errors.text().contains(&token));
}
