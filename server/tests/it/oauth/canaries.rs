//! Codes, verifiers, states and tokens have a face that can be searched for, and are nowhere in the clear.

use std::path::Path;

use nix::sys::signal::Signal;
use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::identity::{Decision, Identity};
use crate::support::{
    TestDatabase, eventually,
    operator::Operator,
    server::{PASSWORD, Server, server},
};

const START: &str = "mutation($kind: ProviderKind!) { startProviderLogin(input: { kind: $kind }) {
    login { id authorizeUrl userCode } } }";
const COMPLETE: &str = "mutation($id: ID!, $url: String!) {
    completeProviderLogin(id: $id, redirectUrl: $url) { login { status } } }";
const STATUS_QUERY: &str = "query($id: ID!) { providerLogin(id: $id) { status } }";

async fn begin(operator: &Operator, kind: &str) -> Value {
    let data = operator.ask(START, json!({ "kind": kind })).await;
    data["startProviderLogin"]["login"].clone()
}

/// Signs in in all ways, well and badly. Answers what was secret beside the double's own.
async fn sign_in(operator: &Operator, identity: &Identity) -> Vec<String> {
    let mut states = Vec::new();
    for (kind, spoilt) in [("CLAUDE", false), ("CHATGPT", false), ("CHATGPT", true)] {
        let login = begin(operator, kind).await;
        let url = login["authorizeUrl"].as_str().unwrap();
        let mut address = identity.consent(url, Decision::Allow).await;
        let parsed: url::Url = address.parse().unwrap();
        let mut pairs = parsed.query_pairs();
        let state = pairs.find(|(name, _)| name == "state").unwrap();
        states.push(state.1.into_owned());
        if spoilt {
            address = address.replace("code=", "code=spoilt-");
        }
        let variables = json!({ "id": login["id"], "url": address });
        let answer = operator.answer(COMPLETE, variables).await;
        assert_eq!(answer["errors"].is_null(), !spoilt, "{answer}");
    }
    // One that waits: what it needs is in the database.
    begin(operator, "CLAUDE").await;
    for kind in ["COPILOT", "XAI"] {
        let login = begin(operator, kind).await;
        identity.decide(login["userCode"].as_str().unwrap(), Decision::Allow);
        eventually("the account", async || {
            let data = operator
                .ask(STATUS_QUERY, json!({ "id": login["id"] }))
                .await;
            (data["providerLogin"]["status"] == "SUCCEEDED").then_some(())
        })
        .await;
    }
    states
}

fn look_below(directory: &Path, look: &impl Fn(&str, &[u8])) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            look_below(&path, look);
        } else {
            look(&path.display().to_string(), &std::fs::read(&path).unwrap());
        }
    }
}

/// The rows of PostgreSQL as text.
async fn rows(home: &TestDatabase) -> String {
    let database = Database::connect(&home.url).await.unwrap();
    if database.get_database_backend() != DbBackend::Postgres {
        return String::new();
    }
    let mut text = String::new();
    for table in ["provider_login", "provider_account"] {
        let query = format!("SELECT t::text FROM {table} t");
        let statement = Statement::from_string(DbBackend::Postgres, query);
        for row in database.query_all_raw(statement).await.unwrap() {
            text += &row.try_get_by_index::<String>(0).unwrap();
        }
    }
    assert!(!text.is_empty());
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_of_a_sign_in_is_in_the_clear_anywhere() {
    let (home, identity) = (TestDatabase::create().await, Identity::start().await);
    let mut command = server(&home);
    command.env("ENGINE", "demo").env("LOG_LEVEL", "trace");
    for (name, value) in identity.settings() {
        command.env(name, value.expose_secret());
    }
    let mut running = Server::start(&mut command).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();

    let states = sign_in(&operator, &identity).await;
    let rows = rows(&home).await;
    running.program.signal(Signal::SIGTERM);
    running.program.ended().await;

    let secrets = [identity.world().secrets.clone(), states].concat();
    assert!(secrets.len() > 15 && secrets.iter().any(|secret| !secret.contains("canary")));
    let look = |place: &str, bytes: &[u8]| {
        for secret in secrets.iter().map(String::as_bytes) {
            let found = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!found, "{} is in {place}", String::from_utf8_lossy(secret));
        }
        let canary = b"canary-";
        let found = bytes.windows(canary.len()).any(|window| window == canary);
        assert!(!found, "a canary is in {place}");
    };
    look_below(home.directory.path(), &look);
    look("the tables", rows.as_bytes());
    let log = running.program.errors.text();
    assert!(log.contains("TRACE"), "{log}");
    look("the log", log.as_bytes());
    look("the output", running.program.output.text().as_bytes());
}
