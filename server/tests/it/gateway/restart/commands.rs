//! What operators type beside the running server.

use std::process::Stdio;

use nix::sys::signal::Signal;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use super::{begin, engine};
use crate::support::{
    TestDatabase,
    operator::Operator,
    programs::Program,
    scripted,
    server::{ENCRYPTION_KEY, PASSWORD, Server, bare_server, before, run, server},
    soon,
};

#[tokio::test(flavor = "multi_thread")]
async fn healthcheck_tells_by_its_exit_code() {
    let home = TestDatabase::create().await;
    let mut running = Server::start(server(&home).env("ENGINE", "demo")).await;
    let port = running.address().port().to_string();
    let check = || {
        let mut command = bare_server(&home);
        command.args(["healthcheck", "--port", &port]);
        command
    };

    let well = run(&mut check()).await;
    running.program.signal(Signal::SIGTERM);
    running.program.ended().await;
    let gone = run(&mut check()).await;

    assert_eq!(well.status.code(), Some(0));
    assert_eq!(gone.status.code(), Some(1));
    assert!(
        String::from_utf8(gone.stderr)
            .unwrap()
            .contains("does not answer")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_reset_from_a_pipe_and_sessions_end() {
    let home = TestDatabase::create().await;
    let mut running = Server::start(server(&home).env("ENGINE", "demo")).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    running.program.signal(Signal::SIGTERM);
    running.program.ended().await;

    let mut reset = bare_server(&home)
        .arg("reset-password")
        .env("ENCRYPTION_KEY", ENCRYPTION_KEY)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = reset.stdin.take().unwrap();
    pipe.write_all(b"a-brand-new-password\n").await.unwrap();
    drop(pipe);
    let done = soon("the reset", reset.wait_with_output()).await.unwrap();

    let said = String::from_utf8(done.stdout).unwrap();
    assert!(said.contains("1 sessions were signed out"), "{said}");
    let again = Server::start(server(&home).env("ENGINE", "demo")).await;
    let old = operator
        .at(&again.url)
        .answer("{ requests { nodes { id } } }", json!({}))
        .await;
    assert_eq!(
        old["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
        "{old}"
    );
    assert!(Operator::sign_in(&again.url, PASSWORD).await.is_err());
    assert!(
        Operator::sign_in(&again.url, "a-brand-new-password")
            .await
            .is_ok()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_shows_a_request_as_it_happens() {
    let home = TestDatabase::create().await;
    let (_go_on, script) = engine();
    let running = Server::start(before(scripted(script).await, &mut server(&home))).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    let (key, token) = (operator.issue_key().await, operator.issue_token().await);
    begin(&running, &key, "short-before")
        .await
        .read_until("[DONE]")
        .await;
    let mut command = bare_server(&home);
    command
        .args(["logs", "--follow", "--url", &running.url])
        .env("PROXYPAL_TOKEN", token);
    let mut logs = Program::start(&mut command);
    logs.output.line_with("short-before").await;

    begin(&running, &key, "short-after")
        .await
        .read_until("[DONE]")
        .await;

    let line = logs.output.line_with("short-after").await;
    assert!(line.contains("Ada") && line.contains("COMPLETED"), "{line}");
    assert!(line.contains("in 10 cached 0 out 5"), "{line}");
}
