//! `engine install`.

use std::{
    path::PathBuf,
    sync::Mutex,
    time::{Duration, Instant},
};

use clap::Args;
use url::Url;

use super::{CliError, Done, terminal};
use crate::engine::{self, DownloadProgress, InstallOptions, Release};

const MIB: f64 = 1024.0 * 1024.0;
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// Downloads the engine, verifies its pinned SHA-256 checksum and installs it in the data directory. An
/// interrupted download is resumed.
#[derive(Debug, Args)]
pub(super) struct Install {
    /// The directory of the database, the engine and generated keys.
    #[arg(
        long,
        env = "DATA_DIR",
        default_value = "./data",
        value_name = "DIRECTORY"
    )]
    data_dir: PathBuf,

    /// The URL of a folder with the archives of the release. Default: the releases of the project.
    #[arg(long, value_name = "URL")]
    from: Option<Url>,

    /// The version to install instead of the pinned one; requires --sha256.
    #[arg(long = "release", value_name = "VERSION")]
    version: Option<String>,

    /// The SHA-256 checksum of the archive. Default: the pinned one.
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
}

impl Install {
    pub(super) async fn run(self) -> Done {
        let release = Release::choose(
            self.from.as_ref(),
            self.version.as_deref(),
            self.sha256.as_deref(),
        )
        .map_err(|error| CliError::Usage(error.to_string()))?;
        terminal::print_line(&format!(
            "Installing the engine, CLIProxyAPI {}.",
            release.version
        ));
        let options = InstallOptions {
            data_dir: self.data_dir,
            release,
        };
        let shown = Mutex::new(Instant::now());
        let installed = engine::install(options, |progress| show(progress, &shown)).await;
        terminal::end_progress();
        let program = installed.map_err(anyhow::Error::from)?;
        terminal::print_line(&format!(
            "Installed the engine at {}. Restart the server to use it.",
            program.display()
        ));
        Ok(())
    }
}

/// Shows the progress of the download, at most every [`PROGRESS_INTERVAL`].
fn show(progress: DownloadProgress, shown: &Mutex<Instant>) {
    let Ok(mut shown) = shown.lock() else { return };
    if shown.elapsed() < PROGRESS_INTERVAL {
        return;
    }
    *shown = Instant::now();
    #[expect(clippy::cast_precision_loss, reason = "for display")]
    let mib = |bytes: u64| bytes as f64 / MIB;
    let downloaded = mib(progress.downloaded_bytes);
    terminal::show_progress(&match progress.total_bytes {
        Some(total) => format!("{downloaded:.1} of {:.1} MiB", mib(total)),
        None => format!("{downloaded:.1} MiB"),
    });
}
