//! `engine update`.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use url::Url;

use super::{CliError, Done, terminal};
use crate::clock::SystemClock;
use crate::config::search_path;
use crate::engine::{
    self, EngineRelease, TESTED_VERSION, UpdateError, UpdatePhase, UpdatePlace, UpdateProgress,
};

const MIB: f64 = 1024.0 * 1024.0;

/// Lists the engine's releases, installs one, or returns to the previous version. A release is downloaded, verified by its
/// checksum and tried in a temporary directory first. A running server uses the new version after the next start of its
/// engine; its page Engine → Updates switches without a failed request.
#[derive(Debug, Args)]
pub(super) struct UpdateEngine {
    /// The directory of the database, the engine and generated keys.
    #[arg(
        long,
        env = "DATA_DIR",
        default_value = "./data",
        value_name = "DIRECTORY"
    )]
    data_dir: PathBuf,

    /// The program that runs without an update.
    #[arg(long, env = "ENGINE_BINARY", value_name = "FILE")]
    engine_binary: Option<PathBuf>,

    /// The URL of the list of releases, in the format of GitHub's API. Default: the releases of the project.
    #[arg(long, env = "ENGINE_RELEASES_URL", value_name = "URL")]
    engine_releases_url: Option<Url>,

    /// List the releases; the default.
    #[arg(long)]
    list: bool,

    /// Install this version.
    #[arg(long, value_name = "VERSION", conflicts_with_all = ["list", "rollback"])]
    to: Option<String>,

    /// Return to the previous version.
    #[arg(long, conflicts_with = "list")]
    rollback: bool,
}

impl UpdateEngine {
    pub(super) async fn run(self) -> Done {
        let place = UpdatePlace {
            data_dir: self.data_dir,
            feed: self
                .engine_releases_url
                .unwrap_or_else(engine::default_feed),
            launcher: std::env::current_exe().context("this program has no path")?,
            search_path: search_path(),
            binary: self.engine_binary,
            may_install: true,
            clock: Arc::new(SystemClock),
        };
        if self.rollback {
            let version = engine::roll_back_offline(&place).map_err(failed)?;
            let version = version.as_deref().unwrap_or("the program of the machine");
            terminal::print_line(&format!("Returned to {version}. {RESTART}"));
            return Ok(());
        }
        let releases = engine::list_releases(&place).await.map_err(failed)?;
        if let Some(version) = self.to {
            return install(&place, &releases, &version).await;
        }
        for release in &releases {
            terminal::print_line(&line(release));
        }
        Ok(())
    }
}

const RESTART: &str = "A running server uses it after the next start of its engine.";

async fn install(place: &UpdatePlace, releases: &[EngineRelease], version: &str) -> Done {
    let version = version.trim_start_matches('v');
    let release = releases.iter().find(|release| release.version == version);
    let release = release.ok_or_else(|| failed(UpdateError::UnknownVersion(version.to_owned())))?;
    if version != TESTED_VERSION {
        terminal::print_line(&format!(
            "This server was tested with {TESTED_VERSION}, not with {version}; the trial checks what it relies on."
        ));
    }
    let installed = Box::pin(engine::update_offline(place, release, &show)).await;
    terminal::end_progress();
    installed.map_err(failed)?;
    terminal::print_line(&format!("Installed version {version}. {RESTART}"));
    Ok(())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature of the callback"
)]
fn show(progress: UpdateProgress) {
    #[expect(clippy::cast_precision_loss, reason = "for display")]
    let mib = |bytes: u64| bytes as f64 / MIB;
    terminal::show_progress(&match (progress.phase, progress.total_bytes) {
        (UpdatePhase::Downloading, Some(total)) => {
            format!(
                "downloading: {:.1} of {:.1} MiB",
                mib(progress.downloaded_bytes),
                mib(total)
            )
        }
        (UpdatePhase::Downloading, None) => {
            format!("downloading: {:.1} MiB", mib(progress.downloaded_bytes))
        }
        (UpdatePhase::Verifying, _) => "verifying".to_owned(),
        (UpdatePhase::Trying, _) => "trying it in a temporary directory".to_owned(),
        (UpdatePhase::Idle | UpdatePhase::Switching, _) => String::new(),
    });
}

fn line(release: &EngineRelease) -> String {
    let date = release
        .published_at
        .map(|at| at.format(" %Y-%m-%d").to_string());
    let tested = if release.version == TESTED_VERSION {
        " (tested)"
    } else {
        ""
    };
    let archive = if release.archive.is_some() {
        ""
    } else {
        " (no archive for this machine)"
    };
    let first = release
        .notes
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let date = date.unwrap_or_default();
    format!("{}{date}{tested}{archive}  {first}", release.version)
}

fn failed(error: UpdateError) -> CliError {
    CliError::Other(error.into())
}
