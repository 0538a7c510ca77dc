//! The server as a program with an environment.

use std::{net::SocketAddr, process::Output as Ended};

use tokio::process::Command;

use super::{
    TestDatabase,
    programs::{Program, engine_binary, server_binary},
};

pub(crate) const PASSWORD: &str = "correct-horse-battery-canary";
/// Thirty-two bytes.
pub(crate) const ENCRYPTION_KEY: &str =
    "ca4a1700ca4a1701ca4a1702ca4a1703ca4a1704ca4a1705ca4a1706ca4a1707";
/// Opens the details of `/healthz`.
pub(crate) const METRICS_TOKEN: &str = "metrics-token-of-the-tests";

/// A server that runs.
pub(crate) struct Server {
    pub(crate) program: Program,
    pub(crate) url: String,
}

impl Server {
    /// Starts it and waits until it prints its URL.
    pub(crate) async fn start(command: &mut Command) -> Self {
        let mut program = Program::start(command);
        let line = program.output.line_with("http://").await;
        let url = line.trim().split("/setup").next().unwrap();
        let url = url.trim_end_matches('/').to_owned();
        Self { program, url }
    }

    /// Waits until the engine answers, which comes a moment after the server does.
    pub(crate) async fn engine_runs(&self) {
        let url = format!("{}/healthz", self.url);
        super::eventually("the engine's start", async || {
            (health(&url).await?["engine_state"] == "RUNNING").then_some(())
        })
        .await;
    }

    /// The engine's process, while it runs.
    pub(crate) async fn engine_pid(&self) -> Option<u32> {
        let health = health(&format!("{}/healthz", self.url)).await?;
        let pid = u32::try_from(health["proxy_pid"].as_u64()?).ok();
        pid.filter(|_| health["proxy_running"] == true)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.url.trim_start_matches("http://").parse().unwrap()
    }
}

/// How a server is, with the details.
async fn health(url: &str) -> Option<serde_json::Value> {
    let http = reqwest::Client::builder().no_proxy().build().ok()?;
    let request = http.get(url).bearer_auth(METRICS_TOKEN);
    request.send().await.ok()?.json().await.ok()
}

/// The program with this data, an administrator and a key, and no other data.
pub(crate) fn server(home: &TestDatabase) -> Command {
    let mut command = bare_server(home);
    command
        .env("ADMIN_PASSWORD", PASSWORD)
        .env("ENCRYPTION_KEY", ENCRYPTION_KEY);
    command
}

/// Where the engine's auth files are; below the test's own directory, since a server that is killed
/// leaves them behind.
pub(crate) fn auth_dir(home: &TestDatabase) -> std::path::PathBuf {
    home.directory.path().join("auths")
}

/// The program with this data.
pub(crate) fn bare_server(home: &TestDatabase) -> Command {
    let mut command = Command::new(server_binary());
    command
        .env_clear()
        .env("DATA_DIR", home.directory.path())
        .env("DATABASE_URL", &home.url)
        .env("ENGINE_AUTH_DIR", auth_dir(home))
        .env("METRICS_TOKEN", METRICS_TOKEN)
        .env("PORT", "0");
    command
}

/// Before an engine that runs elsewhere.
pub(crate) fn before(engine: SocketAddr, command: &mut Command) -> &mut Command {
    command
        .env("ENGINE", "external")
        .env("ENGINE_URL", format!("http://{engine}"))
        .env("ENGINE_API_KEY", "internal-engine-key")
}

/// With an engine of its own.
pub(crate) fn managing(command: &mut Command) -> &mut Command {
    command
        .env("ENGINE", "managed")
        .env("ENGINE_BINARY", engine_binary())
}

/// Runs a command to its end.
pub(crate) async fn run(command: &mut Command) -> Ended {
    super::soon("the command's end", command.kill_on_drop(true).output())
        .await
        .unwrap()
}
