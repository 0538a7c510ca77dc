//! The status of the engine, as administrators see it.

use chrono::{DateTime, Utc};

/// The kind of engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineMode {
    /// A child process.
    Managed,
    /// One that runs elsewhere.
    External,
    /// The embedded demo engine, which answers with canned text.
    Demo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineState {
    /// It was started and is not ready yet.
    Starting,
    /// It answers.
    Running,
    /// It exited or cannot be reached, and is started again after a delay.
    BackingOff,
    /// It was stopped on request, or with the server.
    Stopped,
    /// It cannot be started until an operator acts.
    Failed,
}

/// The health of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineStatus {
    /// The present kind; a missing program may have been replaced by the demo engine.
    pub mode: EngineMode,
    pub state: EngineState,
    /// Its reported version.
    pub version: Option<String>,
    /// The process id; none for an external or demo engine.
    pub pid: Option<u32>,
    /// The start of the present run.
    pub started_at: Option<DateTime<Utc>>,
    /// The number of restarts after unexpected exits since the server started.
    pub restarts: u32,
    /// The last error; cleared when it runs again.
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
