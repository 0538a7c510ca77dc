//! The progress of an update.

/// A step of an update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UpdatePhase {
    /// No update is in progress.
    #[default]
    Idle,
    /// The archive is being downloaded.
    Downloading,
    /// The checksum and the program are being checked.
    Verifying,
    /// The new version runs beside the engine and is checked.
    Trying,
    /// The new version takes over; requests of the old one finish.
    Switching,
}

/// The present update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateProgress {
    pub phase: UpdatePhase,
    /// The version to which it leads; none while there is none or it is unknown.
    pub version: Option<String>,
    pub downloaded_bytes: u64,
    /// None if the server does not report it.
    pub total_bytes: Option<u64>,
}

impl UpdateProgress {
    pub(super) fn of(phase: UpdatePhase, version: &str) -> Self {
        Self {
            phase,
            version: (!version.is_empty()).then(|| version.to_owned()),
            ..Self::default()
        }
    }
}
