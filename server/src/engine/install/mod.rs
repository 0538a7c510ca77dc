//! `engine install`: installs a pinned, checksum-verified release of the engine below the data directory.

mod download;
mod error;
mod marker;
mod release;
mod unpack;

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use self::download::ArchiveDownload;
pub use self::error::InstallError;
pub(super) use self::release::machine;
pub use self::release::{Release, VERSION as TESTED_VERSION};
use super::binary;
use crate::crypto::checksum::sha256_of;

/// The release and the directory.
#[derive(Clone, Debug)]
pub struct InstallOptions {
    pub data_dir: PathBuf,
    pub release: Release,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DownloadProgress {
    /// Received bytes.
    pub downloaded_bytes: u64,
    /// The total size, if the server reports it.
    pub total_bytes: Option<u64>,
}

/// Downloads, verifies and unpacks; returns the path of the program. Does nothing when it is installed already.
pub async fn install(
    options: InstallOptions,
    progress: impl Fn(DownloadProgress) + Send + Sync,
) -> Result<PathBuf, InstallError> {
    let InstallOptions { data_dir, release } = options;
    install_at(binary::installed(&data_dir), release, progress).await
}

/// As [`install`], with the program at this path.
pub(super) async fn install_at(
    program: PathBuf,
    release: Release,
    progress: impl Fn(DownloadProgress) + Send + Sync,
) -> Result<PathBuf, InstallError> {
    let folder = program.parent().unwrap_or(&program).to_owned();
    create(&folder).map_err(|error| InstallError::disk(&folder, error))?;
    let (wanted, there) = (release.sha256.clone(), program.clone());
    if blocking(move || Ok(marker::is_installed(&there, &wanted))).await? {
        return Ok(program);
    }
    let part = folder.join(format!("{}.part", release.file));
    ArchiveDownload::new(&release, &part)?
        .run(&progress)
        .await?;
    let installed = program.clone();
    blocking(move || finish(&part, &installed, &release)).await?;
    Ok(program)
}

/// Nothing is unpacked before the checksum is verified.
fn finish(part: &Path, program: &Path, release: &Release) -> Result<(), InstallError> {
    let actual = sha256_of(part).map_err(|error| InstallError::disk(part, error))?;
    if actual != release.sha256 {
        // A resumed download of this file would fail again.
        std::fs::remove_file(part).map_err(|error| InstallError::disk(part, error))?;
        return Err(InstallError::Checksum {
            expected: release.sha256.clone(),
            actual,
        });
    }
    unpack::unpack(part, program)?;
    marker::set(program, &release.sha256).map_err(|error| InstallError::disk(program, error))?;
    std::fs::remove_file(part).map_err(|error| InstallError::disk(part, error))
}

fn create(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, InstallError> + Send + 'static,
) -> Result<T, InstallError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(InstallError::Archive(error.to_string())),
    }
}
