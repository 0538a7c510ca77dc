//! Downloads, verifies and tries a release, without affecting a running engine.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use url::Url;

use super::error::UpdateError;
use super::feed::{self, EngineRelease};
use super::progress::{UpdatePhase, UpdateProgress};
use super::{blocking, elf};
use crate::clock::SharedClock;
use crate::engine::contract::{ContractOptions, check_contract};
use crate::engine::install::{DownloadProgress, InstallError, Release, install_at};
use crate::engine::managed::TrialPlace;
use crate::engine::source::CredentialSource;
use crate::engine::versions::{folder, program};

/// The least time between two reports of the download.
const REPORT_INTERVAL: Duration = Duration::from_millis(200);
const TRIAL: &str = "trial";
/// Failed checks in the reason; all of them are recorded.
const NAMED_CHECKS: usize = 5;

/// Where updates are kept and how they are tried.
#[derive(Clone, Debug)]
pub struct UpdatePlace {
    pub data_dir: PathBuf,
    /// The list of releases.
    pub feed: Url,
    pub launcher: PathBuf,
    pub search_path: OsString,
    /// The configured program.
    pub binary: Option<PathBuf>,
    /// Whether an update may replace the demo engine that runs because no engine is installed.
    pub may_install: bool,
    pub clock: SharedClock,
}

/// A version that has passed its trial.
#[derive(Clone, Debug)]
pub struct PreparedVersion {
    pub version: String,
    pub program: PathBuf,
}

/// As [`prepare`], in a thread of its own, which ends with the process: an update must not delay the stop of the server.
pub(super) async fn prepare_in_thread(
    place: UpdatePlace,
    release: EngineRelease,
    source: Arc<dyn CredentialSource>,
    report: impl Fn(UpdateProgress) + Send + Sync + 'static,
) -> Result<PreparedVersion, UpdateError> {
    let (sender, receiver) = oneshot::channel();
    let runtime = Handle::current();
    let work = move || {
        let source = Some(source.as_ref());
        let prepared = runtime.block_on(prepare(&place, &release, source, &report));
        // The receiver is gone when the server stops.
        let _ = sender.send(prepared);
    };
    let interrupted = |error: std::io::Error| UpdateError::Interrupted(error.to_string());
    let thread = thread::Builder::new().name("engine-update".to_owned());
    thread.spawn(work).map_err(interrupted)?;
    let prepared = receiver.await;
    prepared.unwrap_or_else(|_| Err(UpdateError::Interrupted("its thread ended".to_owned())))
}

/// Prepares a release. A download that was interrupted is resumed; a program that fails is deleted.
pub(super) async fn prepare(
    place: &UpdatePlace,
    release: &EngineRelease,
    source: Option<&dyn CredentialSource>,
    report: &(impl Fn(UpdateProgress) + Sync),
) -> Result<PreparedVersion, UpdateError> {
    let version = &release.version;
    let program = program(&place.data_dir, version);
    let archive = release.archive.as_ref();
    let archive = archive.ok_or_else(|| UpdateError::NoArchive(version.clone()))?;
    report(UpdateProgress::of(UpdatePhase::Downloading, version));
    let sha256 = feed::checksum(archive).await?;
    let pinned = Release::from_feed(version, archive.url.as_str(), &archive.file, &sha256)?;
    let reported = Mutex::new(None::<Instant>);
    let progress = |progress: DownloadProgress| {
        let Ok(mut reported) = reported.lock() else {
            return;
        };
        if reported.is_some_and(|at| at.elapsed() < REPORT_INTERVAL) {
            return;
        }
        *reported = Some(Instant::now());
        report(UpdateProgress {
            downloaded_bytes: progress.downloaded_bytes,
            total_bytes: progress.total_bytes.or(archive.size_bytes),
            ..UpdateProgress::of(UpdatePhase::Downloading, version)
        });
    };
    let installed = install_at(program.clone(), pinned, progress).await;
    if let Err(InstallError::Archive(_)) = &installed {
        // The archive is the published one: another attempt would fail again.
        remove(&program);
    }
    installed?;
    report(UpdateProgress::of(UpdatePhase::Verifying, version));
    let checked = program.clone();
    let is_for_machine = blocking(move || elf::check(&checked).map_err(UpdateError::WrongMachine));
    let tried = match is_for_machine.await {
        Ok(()) => {
            report(UpdateProgress::of(UpdatePhase::Trying, version));
            try_out(place, program.clone(), source).await
        }
        Err(error) => Err(error),
    };
    if tried.is_err() {
        remove(&program);
    }
    tried?;
    Ok(PreparedVersion {
        version: version.clone(),
        program,
    })
}

async fn try_out(
    place: &UpdatePlace,
    program: PathBuf,
    source: Option<&dyn CredentialSource>,
) -> Result<(), UpdateError> {
    let options = ContractOptions {
        program,
        place: TrialPlace {
            launcher: place.launcher.clone(),
            search_path: place.search_path.clone(),
            directory: folder(&place.data_dir).join(TRIAL),
            clock: place.clock.clone(),
        },
    };
    let report = Box::pin(check_contract(&options, source)).await;
    if report.is_kept() {
        return Ok(());
    }
    let failed: Vec<_> = report.failed().cloned().collect();
    let named = failed.iter().take(NAMED_CHECKS);
    let named = named.map(|check| {
        format!(
            "{} (expected: {}; found: {})",
            check.name, check.expected, check.found
        )
    });
    let reason = named.collect::<Vec<_>>().join("; ");
    Err(UpdateError::TrialFailed(reason, failed))
}

fn remove(program: &std::path::Path) {
    let Some(folder) = program.parent() else {
        return;
    };
    if let Err(error) = std::fs::remove_dir_all(folder) {
        tracing::warn!(%error, "a version of the engine that failed could not be deleted");
    }
}
