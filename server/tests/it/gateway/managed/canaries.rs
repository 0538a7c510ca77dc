//! Secrets with a face that can be searched for are nowhere in the clear.

use std::path::Path;

use nix::sys::signal::Signal;
use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement};
use serde_json::{Value, json};

use super::{Delivery, Protocol};
use crate::support::{
    TestDatabase, eventually,
    operator::Operator,
    provider::Provider,
    server::{ENCRYPTION_KEY, PASSWORD, Server, managing, server},
    token_endpoint::{ACCESS, REFRESH, TokenEndpoint},
};

const PROVIDER_KEY: &str = "sk-canary-of-the-provider";
const HEADER: &str = "canary-in-a-header";

/// Secrets that must not appear, by name.
struct Canaries(Vec<(&'static str, Vec<u8>)>);

impl Canaries {
    fn look_into(&self, place: &str, bytes: &[u8]) {
        for (name, secret) in &self.0 {
            let found = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!found, "the {name} is in {place}");
        }
    }

    /// Looks into all files but those of the engine's private directory.
    fn look_below(&self, directory: &Path) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("engine/run") || path.ends_with("auths") {
                continue;
            }
            if path.is_dir() {
                self.look_below(&path);
            } else {
                self.look_into(&path.display().to_string(), &std::fs::read(&path).unwrap());
            }
        }
    }

    fn look_at_arguments(&self, pid: u32) {
        let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap();
        assert!(!arguments.is_empty());
        self.look_into(&format!("the arguments of {pid}"), &arguments);
    }

    /// The rows as text, of a database that is not a file of this server.
    async fn look_into_tables(&self, home: &TestDatabase) {
        let database = Database::connect(&home.url).await.unwrap();
        if database.get_database_backend() != DbBackend::Postgres {
            return;
        }
        let text = |query: String| {
            let statement = Statement::from_string(DbBackend::Postgres, query);
            let database = &database;
            async move {
                let rows = database.query_all_raw(statement).await.unwrap();
                let text = |row: &sea_orm::QueryResult| row.try_get_by_index::<String>(0).unwrap();
                rows.iter().map(text).collect::<Vec<_>>()
            }
        };
        let tables =
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
        for table in text(tables.to_owned()).await {
            let rows = text(format!("SELECT t::text FROM \"{table}\" t")).await;
            self.look_into(&table, rows.join("\n").as_bytes());
        }
    }
}

/// The two keys of the engine's present life.
fn engines_keys(home: &TestDatabase, pid: u32) -> [String; 2] {
    let run = home.directory.path().join("engine/run/config.yaml");
    let config = std::fs::read_to_string(run).unwrap();
    let config: Value = serde_saphyr::from_str(&config).unwrap();
    let internal = config["api-keys"][0].as_str().unwrap().to_owned();
    let environment = std::fs::read_to_string(format!("/proc/{pid}/environ")).unwrap();
    let mut pairs = environment.split('\0');
    let management = pairs.find_map(|pair| pair.strip_prefix("MANAGEMENT_PASSWORD="));
    [internal, management.unwrap().to_owned()]
}

pub(super) async fn engine_pid(running: &Server) -> u32 {
    eventually("the engine", async || running.engine_pid().await).await
}

async fn add_account(operator: &Operator, provider: &Provider) {
    let query = "mutation($input: AddProviderApiKeyInput!) { addProviderApiKey(input: $input) { __typename } }";
    let input = json!({
        "kind": "OPENAI_COMPATIBLE", "apiKey": PROVIDER_KEY, "baseUrl": format!("{}/v1", provider.url),
        "headers": [{"name": "X-Extra", "value": HEADER}], "models": [{"name": "stub-chat"}],
    });
    operator.ask(query, json!({ "input": input })).await;
}

/// A sign-in whose tokens the engine refreshes immediately, so that there are more secrets.
async fn import_sign_in(operator: &Operator, endpoint: &TokenEndpoint) {
    let file = Value::Object(endpoint.ending_sign_in("http://127.0.0.1:9/v1")).to_string();
    let query = "mutation($files: [ImportedFileInput!]!) { importProviderAccount(files: $files) \
        { accounts { id } problems { message } } }";
    // The second is no account, and must not be quoted back.
    let files =
        json!([{"name": "a", "content": file}, {"name": "b", "content": format!("{file}}}")}]);
    let answer = operator.ask(query, json!({ "files": files })).await;
    let reported = answer["importProviderAccount"]["problems"].to_string();
    assert!(
        reported.len() > 2 && !reported.contains(REFRESH),
        "{reported}"
    );
    eventually("a refresh", async || {
        (endpoint.remembered().presented > 0).then_some(())
    })
    .await;
}

/// Uses the key in all ways that leave traces.
async fn use_key(url: &str, key: &str) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let chat = format!("{url}/v1/chat/completions");
    eventually("an answer", async || {
        let body = Protocol::Chat.body(Delivery::Streamed, "hello");
        let answer = http.post(&chat).bearer_auth(key).json(&body).send().await;
        let answer = answer.unwrap();
        let is_ok = answer.status().is_success();
        answer.text().await.unwrap();
        is_ok.then_some(())
    })
    .await;
    let body = Protocol::Chat.body(Delivery::Whole, "usage:error=500");
    let query = format!("{chat}?key={key}");
    http.post(query).json(&body).send().await.unwrap();
    let wrong = format!("{key}x");
    http.post(&chat)
        .header("x-api-key", wrong)
        .send()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_stored_or_logged_in_plain_text() {
    let (home, provider) = (TestDatabase::create().await, Provider::start().await);
    let mut command = server(&home);
    let mut running = Server::start(managing(&mut command).env("LOG_LEVEL", "trace")).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    add_account(&operator, &provider).await;
    let endpoint = TokenEndpoint::start().await;
    import_sign_in(&operator, &endpoint).await;
    let (key, token) = (operator.issue_key().await, operator.issue_token().await);
    use_key(&running.url, &key).await;
    let engine = engine_pid(&running).await;
    let [internal, management] = engines_keys(&home, engine);
    let canaries = Canaries(vec![
        ("provider's key", PROVIDER_KEY.into()),
        ("provider's header", HEADER.into()),
        ("refresh token", REFRESH.into()),
        ("access token", ACCESS.into()),
        ("engine's key", internal.into()),
        ("engine's management key", management.into()),
        ("user's key", key.into()),
        ("script's token", token.into()),
        ("session", operator.session.clone().into()),
        ("password", PASSWORD.into()),
        ("encryption key", ENCRYPTION_KEY.into()),
        ("encryption key", hex::decode(ENCRYPTION_KEY).unwrap()),
    ]);

    canaries.look_at_arguments(running.program.pid());
    canaries.look_at_arguments(engine);
    canaries.look_below(home.directory.path());
    canaries.look_into_tables(&home).await;
    running.program.signal(Signal::SIGTERM);
    running.program.ended().await;

    canaries.look_below(home.directory.path());
    let log = running.program.errors.text();
    assert!(log.contains("TRACE"), "{log}");
    canaries.look_into("the log", log.as_bytes());
    canaries.look_into("the output", running.program.output.text().as_bytes());
}
