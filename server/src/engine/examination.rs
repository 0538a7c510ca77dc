//! Examines the engine from outside, without starting it or affecting a running one.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;

use super::binary;
use super::client::EngineClient;
use super::managed;
use super::options::ExternalEngine;

/// The time limit for the program to print its version.
const EXAMINATION_TIMEOUT: Duration = Duration::from_secs(10);
const VERSION_LINE: &str = "CLIProxyAPI Version: ";

/// The engine's program, as a server would start it.
#[derive(Clone, Debug)]
pub struct Program {
    pub path: PathBuf,
    /// Its reported version; none when it is not recognised.
    pub version: Option<String>,
}

/// The address on which a managed engine listens or last listened.
#[derive(Clone, Debug, Deserialize)]
pub struct EngineAddress {
    pub host: String,
    pub port: u16,
}

/// The program that a server would start. The error has a remedy.
pub async fn find_program(
    named: Option<&Path>,
    search_path: &OsStr,
    data_dir: &Path,
) -> Result<Program, String> {
    let path = binary::find_in(named, search_path, data_dir).map_err(|error| error.to_string())?;
    let version = version_of(&path).await;
    Ok(Program { path, version })
}

/// The paths of the engine's configuration and auth files, whether they exist or not.
pub fn places(data_dir: &Path, auth_dir: Option<&Path>) -> std::io::Result<(PathBuf, PathBuf)> {
    managed::places(data_dir, auth_dir)
}

/// The listen address in the engine's configuration; none before its first start.
pub fn listen_address(configuration: &Path) -> Option<EngineAddress> {
    let text = std::fs::read_to_string(configuration).ok()?;
    serde_saphyr::from_str(&text).ok()
}

/// Succeeds when an external engine answers and accepts the configured keys.
pub async fn examine_external(external: &ExternalEngine) -> Result<(), String> {
    let key = external.api_key.clone();
    let management_key = external.management_key.clone();
    let has_management_key = management_key.is_some();
    let client = EngineClient::new(&external.url, key, management_key).map_err(message)?;
    client.healthy().await.map_err(message)?;
    let refused = |error| format!("it does not accept ENGINE_API_KEY: {error}");
    client.accepts_key().await.map_err(refused)?;
    if has_management_key {
        let refused = |error| format!("it does not accept ENGINE_MANAGEMENT_KEY: {error}");
        client.config().await.map_err(refused)?;
    }
    Ok(())
}

/// Runs the program with `-h`: every version prints its version first, and opens nothing.
async fn version_of(program: &Path) -> Option<String> {
    let output = Command::new(program)
        .arg("-h")
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(EXAMINATION_TIMEOUT, output)
        .await
        .ok()?
        .ok()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(VERSION_LINE))?;
    line.split(',')
        .next()
        .map(|version| version.trim().to_owned())
}

fn message(error: impl std::fmt::Display) -> String {
    error.to_string()
}
