//! Why an update of the engine failed.

use std::io;
use std::path::Path;

use url::Url;

use crate::engine::contract::ContractCheck;
use crate::engine::install::InstallError;

/// Why an update failed. The running engine is untouched.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    #[error("{0} cannot be reached: {1}")]
    Unreachable(Url, String),
    #[error("{0} answered with status {1}")]
    Status(Url, u16),
    #[error("{0} is larger than {1} bytes")]
    TooLarge(Url, usize),
    #[error("{0} is not a list of releases: {1}")]
    InvalidFeed(Url, String),
    #[error("version {0} is not in the release feed; check for releases and choose one of them")]
    UnknownVersion(String),
    #[error("release {0} has no archive with a checksum for this machine")]
    NoArchive(String),
    #[error("the release's checksums.txt has no SHA-256 of {0}, so the archive cannot be verified")]
    NoChecksum(String),
    #[error(transparent)]
    Install(#[from] InstallError),
    #[error("the program is not for this machine: {0}")]
    WrongMachine(String),
    /// The trial found differences: some of them as text, and all checks that failed.
    #[error("the trial failed: {0}")]
    TrialFailed(String, Vec<ContractCheck>),
    #[error("the running engine could not be replaced: {0}")]
    NotSwitched(String),
    #[error("there is no earlier version to return to")]
    NoPrevious,
    #[error("another update is in progress; wait until it has ended")]
    Busy,
    #[error("{0} cannot be used: {1}")]
    Disk(String, io::Error),
    #[error("it was interrupted: {0}")]
    Interrupted(String),
    #[error("only an engine that this server runs can be updated")]
    NotManaged,
}

impl UpdateError {
    pub(super) fn unreachable(url: &Url, error: &reqwest::Error) -> Self {
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        Self::Unreachable(url.clone(), cause.to_string())
    }

    pub(super) fn disk(path: &Path, error: io::Error) -> Self {
        Self::Disk(path.display().to_string(), error)
    }
}
