//! Why the engine was not installed, in words for the person who tried.

use std::io;
use std::path::{Path, PathBuf};

/// Why an installation failed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// There is no pinned release for this sort of machine.
    #[error(
        "there is no pinned release for {0}; name an archive with --from, --version and --sha256"
    )]
    UnsupportedMachine(String),
    /// Something other than the pinned release was named, without a checksum.
    #[error(
        "version {0} is not the pinned one, so its archive's checksum must be given with --sha256"
    )]
    ChecksumNeeded(String),
    /// That is no SHA-256.
    #[error("a SHA-256 has 64 hexadecimal digits, and {0:?} has not")]
    NotAChecksum(String),
    /// The file could not be fetched.
    #[error(
        "{url} could not be downloaded: {reason}; what has arrived is kept, so try again to resume"
    )]
    Network {
        /// Where it was to come from.
        url: String,
        /// In the words of the network.
        reason: String,
    },
    /// There is something other than the file.
    #[error("{url} could not be downloaded: the server answered {status}")]
    Status {
        /// Where it was to come from.
        url: String,
        status: u16,
    },
    /// No release is that large.
    #[error("{url} is larger than {limit_bytes} bytes, which no release of the engine is")]
    TooLarge {
        /// Where it was to come from.
        url: String,
        /// The expected checksum.
        limit_bytes: u64,
    },
    /// The file is not the one that was meant.
    #[error(
        "the archive is not the one that was meant, and nothing was installed: its SHA-256 is {actual}, expected was {expected}"
    )]
    Checksum {
        /// The checksum that was asked for.
        expected: String,
        /// The checksum of what came.
        actual: String,
    },
    /// The archive does not hold what it should.
    #[error("the archive cannot be used: {0}")]
    Archive(String),
    /// The disk did not take it.
    #[error("{} cannot be written: {source}", path.display())]
    Disk {
        /// The file in question.
        path: PathBuf,
        /// Such as a full disk.
        source: io::Error,
    },
}

impl InstallError {
    /// The disk did not take this file.
    pub(super) fn disk(path: &Path, source: io::Error) -> Self {
        Self::Disk {
            path: path.to_owned(),
            source,
        }
    }
}
