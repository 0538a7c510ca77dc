//! Starts and stops the engine's process.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use secrecy::ExposeSecret as _;
use tokio::process::{Child, Command};

use super::folder::Folder;
use super::keys::EngineKeys;
use crate::engine::launcher;

/// The time limit for a graceful exit.
const EXIT_TIMEOUT: Duration = Duration::from_secs(4);

/// The memory that a process of a single account is to stay within. It is no hard limit: beyond it the process collects garbage
/// more often.
const MEMORY_LIMIT: &str = "96MiB";

/// Where the engine takes its model catalogue from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ModelCatalogueSource {
    /// From the program.
    BuiltIn,
    /// From the internet, if it can be reached.
    Refreshed,
}

/// The program to start, with its environment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Launch<'a> {
    /// This program, which executes the engine.
    pub(super) launcher: &'a Path,
    pub(super) search_path: &'a OsStr,
    pub(super) program: &'a Path,
    pub(super) catalogue: ModelCatalogueSource,
    /// Whether it serves a single account, of which a server may have many.
    pub(super) is_dedicated: bool,
}

/// The command that starts the engine: no secret in its arguments, a minimal environment.
pub(super) fn command(launch: &Launch<'_>, folder: &Folder, keys: &EngineKeys) -> Command {
    let is_local = launch.catalogue == ModelCatalogueSource::BuiltIn;
    let mut command = Command::new(launch.launcher);
    command
        .arg(launcher::COMMAND)
        .arg(std::process::id().to_string())
        .arg(launch.program)
        .args([OsString::from("-config"), folder.config.clone().into()])
        .args(is_local.then_some("-local-model"))
        .env_clear()
        .env("PATH", launch.search_path)
        .env("HOME", &folder.home)
        .env("TZ", "UTC")
        .env("WRITABLE_PATH", &folder.home)
        .env("MANAGEMENT_PASSWORD", keys.management.expose_secret())
        .envs(launch.is_dedicated.then_some(("GOMEMLIMIT", MEMORY_LIMIT)))
        .current_dir(&folder.work)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// Sends SIGTERM to the process group, and SIGKILL after the time limit. Returns whether it exited in time.
pub(super) async fn terminate(child: &mut Child) -> bool {
    signal(child, Signal::SIGTERM);
    let exited = tokio::time::timeout(EXIT_TIMEOUT, child.wait()).await;
    if exited.is_err() {
        tracing::warn!("the engine did not exit in time and is killed");
        kill(child).await;
    }
    exited.is_ok()
}

/// Kills the process and its group.
pub(super) async fn kill(child: &mut Child) {
    signal(child, Signal::SIGKILL);
    // Reaps the process; SIGKILL cannot be caught.
    let _ = child.wait().await;
}

fn signal(child: &Child, signal: Signal) {
    // A reaped process has no id.
    let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()) else {
        return;
    };
    if let Err(error) = killpg(Pid::from_raw(pid), signal) {
        tracing::debug!(%error, "the engine's process group could not be signalled");
    }
}
