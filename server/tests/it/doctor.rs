//! The doctor sees what is wrong and touches nothing; what is sent to those who help tells no secret.

use std::{
    collections::BTreeMap, fs, io::Read as _, os::unix::fs::PermissionsExt as _, path::Path,
};

use axum::{Router, body::Body, extract::Request, routing::any};
use sea_orm::ConnectionTrait as _;
use serde_json::Value;
use tokio::{net::TcpListener, process::Command};

use crate::{
    backup::house::{PROVIDER_KEY, filled},
    support::{
        TestDatabase,
        server::{ENCRYPTION_KEY, PASSWORD, Server, bare_server, run, server},
    },
};

/// What the doctor said.
struct Said {
    code: Option<i32>,
    report: Value,
}

impl Said {
    /// The verdict on a topic, what was seen and the cure. The gravest, if there are several.
    fn on(&self, topic: &str) -> (String, String) {
        let findings = self.report["findings"].as_array().unwrap();
        let grave = |finding: &&Value| match finding["verdict"].as_str().unwrap() {
            "problem" => 2,
            "warning" => 1,
            _ => 0,
        };
        let of_topic = findings.iter().filter(|finding| finding["topic"] == topic);
        let finding = of_topic.max_by_key(grave);
        let finding = finding.unwrap_or_else(|| panic!("nothing on {topic}: {:#}", self.report));
        let told = format!("{} {}", finding["seen"], finding["cure"]);
        (finding["verdict"].as_str().unwrap().to_owned(), told)
    }

    fn verdict(&self, topic: &str) -> String {
        self.on(topic).0
    }
}

async fn doctor(command: &mut Command) -> Said {
    let ended = run(command.args(["doctor", "--json"])).await;
    let text = String::from_utf8(ended.stdout).unwrap();
    for secret in [PASSWORD, ENCRYPTION_KEY] {
        assert!(!text.contains(secret));
    }
    Said {
        code: ended.status.code(),
        report: serde_json::from_str(&text).unwrap_or_else(|_| panic!("no report: {text}")),
    }
}

/// With the demo, which is no problem.
fn demo(home: &TestDatabase) -> Command {
    let mut command = server(home);
    command.env("ENGINE", "demo");
    command
}

#[tokio::test]
async fn a_place_where_no_server_ran_yet_is_well_and_stays_untouched() {
    let home = TestDatabase::create().await;

    let said = doctor(&mut demo(&home)).await;

    assert_eq!(said.code, Some(0), "{:#}", said.report);
    assert_eq!(said.report["well"], true);
    assert_eq!(said.verdict("disk sync"), "ok");
    assert_eq!(fs::read_dir(home.directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_server_that_runs_is_well_and_runs_on() {
    let home = TestDatabase::create().await;
    let running = Server::start(&mut demo(&home)).await;
    let port = running.address().port().to_string();

    let url = running.url.clone();
    let said = doctor(demo(&home).env("PORT", &port).env("PUBLIC_URL", &url)).await;

    assert_eq!(said.code, Some(0), "{:#}", said.report);
    for topic in [
        "server",
        "database",
        "schema",
        "encryption key",
        "public URL",
        "streams",
        "clock",
    ] {
        assert_eq!(said.verdict(topic), "ok", "{:#}", said.report);
    }
    let without_port = doctor(&mut demo(&home)).await;
    assert_eq!(without_port.code, Some(0), "{:#}", without_port.report);
    let health = reqwest::get(format!("{url}/healthz")).await.unwrap();
    assert_eq!(health.status(), 200);
}

#[tokio::test]
async fn another_key_other_permissions_and_mistakes_are_problems_with_cures() {
    let home = TestDatabase::create().await;
    drop(Server::start(&mut demo(&home)).await);
    let data = home.directory.path();
    fs::write(data.join("encryption.key"), "x").unwrap();
    fs::set_permissions(
        data.join("encryption.key"),
        fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    fs::set_permissions(data, fs::Permissions::from_mode(0o777)).unwrap();

    let other_key = "ff".repeat(32);
    let said = doctor(demo(&home).env("ENCRYPTION_KEY", &other_key)).await;
    let mistaken = doctor(demo(&home).env("PORT", "seventy")).await;

    assert_eq!((said.code, mistaken.code), (Some(1), Some(1)));
    let (verdict, told) = said.on("encryption key");
    assert_eq!(verdict, "problem");
    assert!(told.contains("ENCRYPTION_KEY_PREVIOUS"), "{told}");
    let (verdict, told) = said.on("data directory");
    assert_eq!(verdict, "problem");
    assert!(told.contains("chmod 700"), "{told}");
    assert_eq!(said.verdict("encryption key file"), "problem");
    let (verdict, told) = mistaken.on("configuration");
    assert_eq!(verdict, "problem");
    assert!(told.contains("PORT"), "{told}");
}

#[tokio::test]
async fn a_missing_engine_and_an_address_without_tls_are_problems() {
    let home = TestDatabase::create().await;
    let mut command = server(&home);
    command.env("PATH", "/nowhere");

    let said = doctor(command.env("PUBLIC_URL", "http://192.0.2.1:9")).await;

    assert_eq!(said.code, Some(1));
    let (verdict, told) = said.on("engine");
    assert_eq!(verdict, "problem");
    assert!(told.contains("engine install"), "{told}");
    assert_eq!(said.verdict("exposure"), "problem");
}

#[tokio::test]
async fn a_proxy_that_holds_streams_back_or_leads_elsewhere_is_a_problem() {
    let home = TestDatabase::create().await;
    let running = Server::start(&mut demo(&home)).await;
    let other = TestDatabase::create().await;
    let elsewhere = Server::start(&mut demo(&other)).await;
    let port = running.address().port().to_string();
    let buffering = proxy(running.url.clone()).await;

    let held_back = doctor(demo(&home).env("PORT", &port).env("PUBLIC_URL", &buffering)).await;
    let astray = doctor(
        demo(&home)
            .env("PORT", &port)
            .env("PUBLIC_URL", &elsewhere.url),
    )
    .await;

    assert_eq!(held_back.verdict("public URL"), "ok");
    let (verdict, told) = held_back.on("streams");
    assert_eq!(verdict, "problem");
    assert!(told.contains("proxy_buffering off"), "{told}");
    let (verdict, told) = astray.on("public URL");
    assert_eq!(verdict, "problem");
    assert!(told.contains("another server"), "{told}");
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_a_problem_and_its_password_is_not_shown() {
    let home = TestDatabase::create().await;
    let url = "postgres://proxypal:canary-password@127.0.0.1:9/proxypal";

    let said = doctor(demo(&home).env("DATABASE_URL", url)).await;

    let (verdict, told) = said.on("database");
    assert_eq!(verdict, "problem");
    assert!(told.contains("DATABASE_URL"), "{told}");
    assert!(!said.report.to_string().contains("canary"));
}

#[tokio::test]
async fn the_support_bundle_tells_numbers_and_no_canary() {
    let home = filled().await;
    plant(&home).await;
    let output = home.directory.path().join("help.tar.gz");
    let log = home.directory.path().join("server.log");
    let lines = "INFO hello\nWARN ada@canary.example used sk-canary-1 with Bearer eyJcanary.x.y\n";
    fs::write(&log, lines).unwrap();
    let mut command = bare_server(&home);
    command
        .env("ADMIN_PASSWORD", "canary-password-long")
        .env("ENCRYPTION_KEY", ENCRYPTION_KEY)
        .env("BACKUP_PASSPHRASE", "canary-pass-phrase")
        .env("ENGINE", "external")
        .env("ENGINE_URL", "http://canary:canary@127.0.0.1:9/?key=canary")
        .env("ENGINE_API_KEY", "canary-engine-key")
        .env("ENGINE_MANAGEMENT_KEY", "canary-management-key")
        .env("OAUTH_CLAUDE_CLIENT_ID", "canary-client")
        .env("OAUTH_CLAUDE_CLIENT_SECRET", "canary-client-secret")
        .env("PUBLIC_URL", "http://canary:canary@127.0.0.1:9/")
        .arg("support-bundle")
        .args([Path::new("--output"), &output, Path::new("--log"), &log]);

    let ended = run(&mut command).await;
    let again = run(&mut command).await;

    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(again.status.code(), Some(1), "a file is not overwritten");
    assert_eq!(
        output.metadata().unwrap().permissions().mode() & 0o777,
        0o600
    );
    let files = unpacked(&output);
    let all = files.values().cloned().collect::<String>();
    for secret in ["canary", "Ada", ENCRYPTION_KEY, PROVIDER_KEY, "hello\""] {
        assert!(!all.contains(secret), "{secret} is in:\n{all}");
    }
    assert!(files["log.txt"].contains("INFO hello"));
    let database: Value = serde_json::from_str(&files["database.json"]).unwrap();
    for table in [
        "user",
        "request",
        "provider_account",
        "api_token",
        "usage_rollup",
    ] {
        assert!(database["rows"][table].as_u64() >= Some(1), "{database:#}");
    }
    let settings: Value = serde_json::from_str(&files["settings.json"]).unwrap();
    assert_eq!(settings["gateway"]["retention_days"], 30);
    let configuration: Value = serde_json::from_str(&files["configuration.json"]).unwrap();
    assert_eq!(configuration["secrets"]["BACKUP_PASSPHRASE"], true);
}

/// Puts canaries where people and programs put words.
async fn plant(home: &TestDatabase) {
    let database = sea_orm::Database::connect(&home.url).await.unwrap();
    let text = |table: &str, column: &str| {
        format!("UPDATE \"{table}\" SET {column} = 'canary@canary.example'")
    };
    let planted = [
        text("user", "name"),
        text("user", "email"),
        text("user", "note"),
        text("api_key", "name"),
        text("api_token", "name"),
        text("provider_account", "label"),
        text("request", "model"),
        text("audit_event", "actor_name"),
        "INSERT INTO setting (key, value, version, updated_at) VALUES ('provider.claude', \
         '{\"excluded_models\": [\"canary-model\"]}', 1, '2026-11-26 00:00:00+00:00')"
            .to_owned(),
    ];
    for statement in planted {
        database.execute_unprepared(&statement).await.unwrap();
    }
    database.close().await.unwrap();
}

/// The texts of an archive, by name.
fn unpacked(archive: &Path) -> BTreeMap<String, String> {
    let file = fs::File::open(archive).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let mut files = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry
            .path()
            .unwrap()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        files.insert(name, text);
    }
    files
}

/// A proxy that passes nothing on before it has it whole.
async fn proxy(to: String) -> String {
    let pass = any(move |request: Request| async move {
        let path = request.uri().path();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let asked = http.get(format!("{to}{path}"));
        let answer = asked
            .header("accept", request.headers().get("accept").unwrap())
            .send()
            .await
            .unwrap();
        Body::from(answer.bytes().await.unwrap())
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(pass)).await });
    format!("http://{address}")
}
