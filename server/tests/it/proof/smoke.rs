//! `scripts/smoke` recognises each kind of broken deployment and prints a remedy.

use std::{path::Path, process::Output};

use serde_json::json;
use tokio::process::Command;

use super::{TestEnvironment, User};
use crate::support::{
    eventually,
    protocol::CHAT,
    server::{PASSWORD, run},
};

fn smoke(url: &str, password: &str, key: &str, model: &str) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/smoke");
    let mut command = Command::new(script);
    command
        .args([url, model])
        .env("ADMIN_PASSWORD", password)
        .env("PROXYPAL_API_KEY", key);
    command
}

/// The exit code and everything that was said.
fn said(output: &Output) -> (Option<i32>, String) {
    let all = [output.stdout.as_slice(), &output.stderr].concat();
    (output.status.code(), String::from_utf8(all).unwrap())
}

async fn fails(command: &mut Command, code: i32, words: &str) {
    let (status, text) = said(&run(command).await);
    assert_eq!(status, Some(code), "{text}");
    assert!(text.contains(words), "{text}");
}

async fn furnished() -> (TestEnvironment, User) {
    let environment = TestEnvironment::furnished().await;
    let user = environment.user("Smoke").await;
    (environment, user)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_working_deployment_passes_without_printing_secrets() {
    let (environment, user) = furnished().await;
    let url = format!("{}/", environment.server.url);

    let (status, text) = said(&run(&mut smoke(&url, PASSWORD, &user.key, CHAT)).await);

    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("15 tokens on record"), "{text}");
    assert!(
        !text.contains(PASSWORD) && !text.contains(&user.key),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_has_an_exit_code_and_a_cure() {
    let (mut environment, user) = furnished().await;
    let url = environment.server.url.clone();
    let good = || smoke(&url, PASSWORD, &user.key, CHAT);

    fails(
        &mut smoke(&url, "wr\"o\\ng", &user.key, CHAT),
        2,
        "set ADMIN_PASSWORD",
    )
    .await;
    fails(
        &mut smoke(&url, PASSWORD, "sk-unknown", CHAT),
        3,
        "set PROXYPAL_API_KEY",
    )
    .await;
    fails(
        &mut smoke(&url, PASSWORD, &user.key, "no-such-model"),
        3,
        "an account that offers",
    )
    .await;
    fails(
        good().env_remove("ADMIN_PASSWORD"),
        64,
        "ADMIN_PASSWORD is not set",
    )
    .await;
    fails(
        &mut smoke("nonsense", PASSWORD, &user.key, CHAT),
        64,
        "scripts/smoke",
    )
    .await;
    fails(
        &mut smoke(&environment.provider.url, PASSWORD, &user.key, CHAT),
        1,
        "check the address",
    )
    .await;
    let stop = environment
        .operator
        .ask("mutation { stopEngine { __typename } }", json!({}));
    stop.await;
    eventually("the engine's stop", async || {
        let data = environment
            .operator
            .ask("{ engine { state } }", json!({}))
            .await;
        (data["engine"]["state"] == "STOPPED").then_some(())
    })
    .await;
    fails(&mut good(), 1, "look at Engine").await;
    environment.stop().await;
    fails(&mut good(), 1, "gives no response").await;
}
