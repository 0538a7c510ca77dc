//! Scenario 6: whatever is stopped, killed or lost, the product comes back and nothing that was answered is
//! forgotten.

use std::{fs, path::Path};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};

use super::{
    Scenario, TestEnvironment, User,
    environment::request_id,
    load::{Answered, Load},
};
use crate::support::{
    eventually,
    programs::is_alive,
    protocol::{Delivery, Protocol},
    server::auth_dir,
};

const ACCOUNTS: &str = "{ providers { kind accounts { id label } } }";
const USED: &str = "query($id: ID!) { user(id: $id) { usedTokens } }";

#[tokio::test(flavor = "multi_thread")]
async fn all_data_survives_restarts_and_kills() {
    let mut proof = Scenario::begin(6);
    let mut environment = TestEnvironment::furnished().await;
    let ada = environment.user("Ada").await;

    stopped_gently(&mut environment, &ada).await;
    proof.holds("SIGTERM: a stream that is under way ends first, and its tokens are on record");
    the_engine_is_killed(&environment, &ada).await;
    proof.holds("SIGKILL of the engine under load: it is back, and every answer is on record");
    the_server_is_killed(&mut environment, &ada).await;
    proof.holds(
        "SIGKILL of the server under load: the engine goes too, and no whole answer is forgotten",
    );
    the_disk_is_cold(&mut environment, &ada).await;
    proof.holds(
        "a cold disk: with the database alone, accounts, keys, sessions and usage are as before",
    );
}

async fn stopped_gently(environment: &mut TestEnvironment, user: &User) {
    let script = "usage:input=20,output=9,chunks=20,delay_ms=20,tag=drained";
    let mut answer = environment
        .ask(&user.key, Protocol::Chat, Delivery::Streamed, script)
        .await;
    let id = request_id(&answer);
    answer.chunk().await.unwrap().unwrap();

    environment.server.program.signal(Signal::SIGTERM);
    environment
        .server
        .program
        .errors
        .line_with("stopping")
        .await;
    let rest = answer.text().await.unwrap();
    assert!(rest.contains("[DONE]"), "{rest}");
    assert_eq!(environment.server.program.ended().await.code(), Some(0));

    environment.start_again().await;
    let row = environment.row(&id).await;
    assert_eq!(row["outcome"], "COMPLETED", "{row}");
    let tokens = &row["tokens"];
    assert_eq!(
        (&tokens["input"], &tokens["output"]),
        (&json!(20), &json!(9))
    );
    environment.lists_all_models(user).await;
}

async fn engine_pid(environment: &TestEnvironment) -> u32 {
    eventually("the engine's process", async || {
        let data = environment
            .operator
            .ask("{ engine { pid state } }", json!({}))
            .await;
        let is_running = data["engine"]["state"] == "RUNNING";
        let pid = u32::try_from(data["engine"]["pid"].as_u64()?).ok()?;
        is_running.then_some(pid)
    })
    .await
}

async fn the_engine_is_killed(environment: &TestEnvironment, user: &User) {
    let load = Load::begin(environment, user);
    load.answers(20).await;
    let killed = engine_pid(environment).await;

    kill(Pid::from_raw(killed.cast_signed()), Signal::SIGKILL).unwrap();
    eventually("another engine", async || {
        (engine_pid(environment).await != killed).then_some(())
    })
    .await;
    load.answers(20).await;

    let answered = load.end().await;
    assert!(answered.iter().any(|answer| answer.is_whole));
    are_recorded(environment, &answered).await;
}

async fn the_server_is_killed(environment: &mut TestEnvironment, user: &User) {
    let load = Load::begin(environment, user);
    load.answers(20).await;
    let engine = engine_pid(environment).await;

    environment.server.program.signal(Signal::SIGKILL);
    environment.server.program.ended().await;
    let answered = load.end().await;
    eventually("the engine's end", async || {
        (!is_alive(engine)).then_some(())
    })
    .await;

    environment.start_again().await;
    let whole: Vec<_> = answered
        .into_iter()
        .filter(|answer| answer.is_whole)
        .collect();
    assert!(whole.len() >= 20);
    are_recorded(environment, &whole).await;
    environment.lists_all_models(user).await;
    assert_eq!(environment.status(&user.key).await, 200);
}

async fn are_recorded(environment: &TestEnvironment, answered: &[Answered]) {
    for answer in answered {
        let row = environment.row(&answer.id).await;
        assert!(
            !answer.is_whole || row["outcome"] == "COMPLETED",
            "{answer:?}: {row}"
        );
    }
}

/// All that a database elsewhere would not have: the engine's directory, its files, the journal.
fn lose_all_but_the_database(home: &Path) {
    for entry in fs::read_dir(home).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("test.db") {
            continue;
        }
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
    }
}

async fn the_disk_is_cold(environment: &mut TestEnvironment, user: &User) {
    let sum_of = async |environment: &TestEnvironment| -> Value {
        let data = environment
            .operator
            .ask(USED, json!({ "id": user.id }))
            .await;
        data["user"]["usedTokens"].clone()
    };
    let accounts = environment.operator.ask(ACCOUNTS, json!({})).await;
    environment.stop().await;
    let directory = environment.home.directory.path();
    assert!(directory.join("engine").exists());
    lose_all_but_the_database(directory);
    assert!(!auth_dir(&environment.home).exists());

    environment.start_again().await;
    assert_eq!(
        environment.operator.ask(ACCOUNTS, json!({})).await,
        accounts
    );
    environment.lists_all_models(user).await;
    let before = sum_of(environment).await.as_i64().unwrap();
    for protocol in Protocol::ALL {
        let answer = environment
            .ask(&user.key, protocol, Delivery::Whole, "hello")
            .await;
        assert_eq!(answer.status(), 200, "{protocol:?}");
        assert_eq!(
            environment.row(&request_id(&answer)).await["outcome"],
            "COMPLETED"
        );
    }
    assert_eq!(sum_of(environment).await, json!(before + 4 * 15));
}
