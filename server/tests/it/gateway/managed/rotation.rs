//! Server and engine are killed while tokens rotate.

use std::{path::Path, time::Duration};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Map, Value, json};

use super::canaries::engine_pid;
use crate::support::{
    TestDatabase, eventually, number as set,
    operator::Operator,
    server::{PASSWORD, Server, auth_dir, managing, server},
    token_endpoint::{TokenEndpoint, number},
};

const IMPORT: &str = "mutation($files: [ImportedFileInput!]!) { importProviderAccount(files: $files) \
    { accounts { id kind credential } problems { file message } } }";

/// The newest tokens among all files, half written ones left out.
fn newest(directory: &Path) -> Option<u64> {
    let files = std::fs::read_dir(directory).ok()?.flatten();
    files
        .filter_map(|file| {
            let text = std::fs::read_to_string(file.path()).ok()?;
            let content: Map<String, Value> = serde_json::from_str(&text).ok()?;
            Some(number(&content))
        })
        .max()
}

async fn begin(home: &TestDatabase) -> Server {
    let running = Server::start(managing(&mut server(home))).await;
    running.engine_runs().await;
    running
}

/// A moment within the next refresh or two.
async fn a_random_moment() {
    let moment = Duration::from_millis(rand::random_range(0..1500));
    tokio::time::sleep(moment).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_token_survives_every_kill() {
    let (home, endpoint) = (TestDatabase::create().await, TokenEndpoint::start().await);
    let mut running = begin(&home).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    let file = Value::Object(endpoint.ending_sign_in("http://127.0.0.1:9/v1"));
    let files = json!([{"name": "xai.json", "content": file.to_string()}]);
    let imported = operator.ask(IMPORT, json!({ "files": files })).await;
    assert_eq!(imported["importProviderAccount"]["problems"], json!([]));

    for round in 0..set("TEST_TOKEN_KILLS", 4) {
        let before = endpoint.remembered().latest;
        eventually("a refresh", async || {
            (endpoint.remembered().latest > before).then_some(())
        })
        .await;
        a_random_moment().await;
        let engine = engine_pid(&running).await;
        if round % 2 == 0 {
            running.program.signal(Signal::SIGKILL);
            running.program.ended().await;
        } else {
            kill(Pid::from_raw(engine.cast_signed()), Signal::SIGKILL).unwrap();
        }
        eventually("the engine's end", async || {
            (!Path::new(&format!("/proc/{engine}/cmdline")).exists()).then_some(())
        })
        .await;
        // The server may have been killed while it wrote the file; the database is authoritative then.
        let kept = newest(&auth_dir(&home)).unwrap_or(before);
        if round % 2 == 0 {
            running = begin(&home).await;
        }
        eventually("tokens no older than before", async || {
            (newest(&auth_dir(&home))? >= kept).then_some(())
        })
        .await;
    }
    running.program.signal(Signal::SIGTERM);
    running.program.ended().await;
    assert_eq!(newest(&auth_dir(&home)), None);
    let (stopped, mut running) = (endpoint.remembered(), begin(&home).await);
    eventually("the latest tokens from the database", async || {
        (newest(&auth_dir(&home))? >= stopped.latest).then_some(())
    })
    .await;
    running.program.signal(Signal::SIGTERM);
    running.program.ended().await;
    assert_eq!(endpoint.remembered().replays, 0);
}
