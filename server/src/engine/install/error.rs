//! Errors of the installation of the engine.

use std::io;
use std::path::{Path, PathBuf};

/// Why an installation failed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// There is no pinned release for this platform.
    #[error(
        "there is no pinned release for {0}; name an archive with --from, --version and --sha256"
    )]
    UnsupportedMachine(String),
    /// Another release than the pinned one was requested without a checksum.
    #[error(
        "version {0} is not the pinned one, so its archive's checksum must be given with --sha256"
    )]
    ChecksumNeeded(String),
    /// The checksum is not a SHA-256.
    #[error("a SHA-256 has 64 hexadecimal digits, and {0:?} has not")]
    NotAChecksum(String),
    /// The download failed.
    #[error(
        "{url} could not be downloaded: {reason}; what has arrived is kept, so try again to resume"
    )]
    Network {
        /// The URL of the archive.
        url: String,
        /// The network error.
        reason: String,
    },
    /// The server answered with an error status.
    #[error("{url} could not be downloaded: the server answered {status}")]
    Status {
        /// The URL of the archive.
        url: String,
        status: u16,
    },
    /// The archive is larger than any release.
    #[error("{url} is larger than {limit_bytes} bytes, which no release of the engine is")]
    TooLarge {
        /// The URL of the archive.
        url: String,
        /// The expected checksum.
        limit_bytes: u64,
    },
    /// The checksum differs.
    #[error(
        "the archive is not the one that was meant, and nothing was installed: its SHA-256 is {actual}, expected was {expected}"
    )]
    Checksum {
        /// The expected checksum.
        expected: String,
        /// The checksum of the download.
        actual: String,
    },
    /// The archive does not contain the program.
    #[error("the archive cannot be used: {0}")]
    Archive(String),
    /// Writing failed.
    #[error("{} cannot be written: {source}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// The cause, for example a full disk.
        source: io::Error,
    },
}

impl InstallError {
    /// An error for this file.
    pub(super) fn disk(path: &Path, source: io::Error) -> Self {
        Self::Disk {
            path: path.to_owned(),
            source,
        }
    }
}
