//! How the engine is, as the administrator sees it.

use chrono::{DateTime, Utc};

/// Which sort of engine answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineMode {
    /// A child process of ours.
    Managed,
    /// One that runs elsewhere.
    External,
    /// The embedded stand-in, which answers canned text.
    Demo,
}

/// Where the engine is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineState {
    /// It was started and is not ready yet.
    Starting,
    /// It answers.
    Running,
    /// It died or cannot be reached, and is tried again after a pause.
    BackingOff,
    /// It was stopped on request, or with the server.
    Stopped,
    /// It cannot be started until an operator acts.
    Failed,
}

/// Everything there is to say about the engine's health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineStatus {
    /// Which sort of engine it is now; a missing binary may have put the demo in its place.
    pub mode: EngineMode,
    /// Where it is in its life.
    pub state: EngineState,
    /// Its reported version.
    pub version: Option<String>,
    /// The process, when it is ours.
    pub pid: Option<u32>,
    /// When the present life began.
    pub started_at: Option<DateTime<Utc>>,
    /// How often it had to be started again unasked.
    pub restarts: u32,
    /// The last thing that went wrong, in words; cleared once it runs again.
    pub last_error: Option<String>,
    /// A notice to administrators that is not an error.
    pub notice: Option<String>,
}

impl EngineStatus {
    /// An engine that is about to start.
    pub(super) fn new(mode: EngineMode) -> Self {
        Self {
            mode,
            state: EngineState::Starting,
            version: None,
            pid: None,
            started_at: None,
            restarts: 0,
            last_error: None,
            notice: None,
        }
    }
}
