//! The doctor finds problems and changes nothing; the support bundle contains no secret.

use std::{
    collections::BTreeMap, fs, io::Read as _, os::unix::fs::PermissionsExt as _, path::Path,
};

use axum::{Router, body::Body, extract::Request, routing::any};
use sea_orm::ConnectionTrait as _;
use serde_json::Value;
use tokio::{net::TcpListener, process::Command};

use crate::{
    backup::support::{PROVIDER_KEY, filled},
    support::{
        TestDatabase,
        server::{ENCRYPTION_KEY, PASSWORD, Server, bare_server, run, server},
    },
};

/// The output of the doctor.
struct Output {
    code: Option<i32>,
    report: Value,
}

impl Output {
    /// The result of a topic, and its observation with the remedy. The worst, if there are several.
    fn check(&self, topic: &str) -> (String, String) {
        let checks = self.report["checks"].as_array().unwrap();
        let severity = |check: &&Value| match check["result"].as_str().unwrap() {
            "problem" => 2,
            "warning" => 1,
            _ => 0,
        };
        let of_topic = checks.iter().filter(|check| check["topic"] == topic);
        let check = of_topic.max_by_key(severity);
        let check = check.unwrap_or_else(|| panic!("no check of {topic}: {:#}", self.report));
        let text = format!("{} {}", check["observed"], check["remedy"]);
        (check["result"].as_str().unwrap().to_owned(), text)
    }

    fn result(&self, topic: &str) -> String {
        self.check(topic).0
    }
}

async fn doctor(command: &mut Command) -> Output {
    let ended = run(command.args(["doctor", "--json"])).await;
    let text = String::from_utf8(ended.stdout).unwrap();
    for secret in [PASSWORD, ENCRYPTION_KEY] {
        assert!(!text.contains(secret));
    }
    Output {
        code: ended.status.code(),
        report: serde_json::from_str(&text).unwrap_or_else(|_| panic!("no report: {text}")),
    }
}

/// With the demo engine, which is only a warning.
fn demo(home: &TestDatabase) -> Command {
    let mut command = server(home);
    command.env("ENGINE", "demo");
    command
}

#[tokio::test]
async fn an_empty_data_directory_is_ok_and_stays_empty() {
    let home = TestDatabase::empty().await;

    let output = doctor(&mut demo(&home)).await;

    assert_eq!(output.code, Some(0), "{:#}", output.report);
    assert_eq!(output.report["ok"], true);
    assert_eq!(output.result("disk sync"), "ok");
    assert_eq!(fs::read_dir(home.directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_running_server_is_ok_and_keeps_running() {
    let home = TestDatabase::empty().await;
    let running = Server::start(&mut demo(&home)).await;
    let port = running.address().port().to_string();

    let url = running.url.clone();
    let output = doctor(demo(&home).env("PORT", &port).env("PUBLIC_URL", &url)).await;

    assert_eq!(output.code, Some(0), "{:#}", output.report);
    for topic in [
        "server",
        "database",
        "schema",
        "encryption key",
        "public URL",
        "streams",
        "clock",
    ] {
        assert_eq!(output.result(topic), "ok", "{:#}", output.report);
    }
    let without_port = doctor(&mut demo(&home)).await;
    assert_eq!(without_port.code, Some(0), "{:#}", without_port.report);
    let health = reqwest::get(format!("{url}/healthz")).await.unwrap();
    assert_eq!(health.status(), 200);
}

#[tokio::test]
async fn a_wrong_key_loose_permissions_and_invalid_options_are_problems_with_remedies() {
    let home = TestDatabase::empty().await;
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
    let output = doctor(demo(&home).env("ENCRYPTION_KEY", &other_key)).await;
    let mistaken = doctor(demo(&home).env("PORT", "seventy")).await;

    assert_eq!((output.code, mistaken.code), (Some(1), Some(1)));
    let (result, text) = output.check("encryption key");
    assert_eq!(result, "problem");
    assert!(text.contains("ENCRYPTION_KEY_PREVIOUS"), "{text}");
    let (result, text) = output.check("data directory");
    assert_eq!(result, "problem");
    assert!(text.contains("chmod 700"), "{text}");
    assert_eq!(output.result("encryption key file"), "problem");
    let (result, text) = mistaken.check("configuration");
    assert_eq!(result, "problem");
    assert!(text.contains("PORT"), "{text}");
}

#[tokio::test]
async fn a_missing_engine_and_a_public_url_without_tls_are_problems() {
    let home = TestDatabase::empty().await;
    let mut command = server(&home);
    command.env("PATH", "/nowhere");

    let output = doctor(command.env("PUBLIC_URL", "http://192.0.2.1:9")).await;

    assert_eq!(output.code, Some(1));
    let (result, text) = output.check("engine");
    assert_eq!(result, "problem");
    assert!(text.contains("engine install"), "{text}");
    assert_eq!(output.result("exposure"), "problem");
}

#[tokio::test]
async fn a_proxy_that_buffers_or_leads_to_another_server_is_a_problem() {
    let home = TestDatabase::empty().await;
    let running = Server::start(&mut demo(&home)).await;
    let other = TestDatabase::empty().await;
    let elsewhere = Server::start(&mut demo(&other)).await;
    let port = running.address().port().to_string();
    let buffering = proxy(running.url.clone()).await;

    let buffered = doctor(demo(&home).env("PORT", &port).env("PUBLIC_URL", &buffering)).await;
    let misdirected = doctor(
        demo(&home)
            .env("PORT", &port)
            .env("PUBLIC_URL", &elsewhere.url),
    )
    .await;

    assert_eq!(buffered.result("public URL"), "ok");
    let (result, text) = buffered.check("streams");
    assert_eq!(result, "problem");
    assert!(text.contains("proxy_buffering off"), "{text}");
    let (result, text) = misdirected.check("public URL");
    assert_eq!(result, "problem");
    assert!(text.contains("another server"), "{text}");
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_a_problem_and_its_password_is_not_shown() {
    let home = TestDatabase::empty().await;
    let url = "postgres://proxypal:canary-password@127.0.0.1:9/proxypal";

    let output = doctor(demo(&home).env("DATABASE_URL", url)).await;

    let (result, text) = output.check("database");
    assert_eq!(result, "problem");
    assert!(text.contains("DATABASE_URL"), "{text}");
    assert!(!output.report.to_string().contains("canary"));
}

#[tokio::test]
async fn the_support_bundle_has_counts_and_no_canary() {
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

/// Writes canaries into every column of free text.
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

/// A proxy that buffers whole responses.
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
