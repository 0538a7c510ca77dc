//! Why a command to the engine was not carried out.

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// It was tried, and the engine does not run.
    #[error("the engine did not start: {0}")]
    DidNotStart(String),
    /// It takes longer than a caller should wait; the attempt goes on.
    #[error("the engine is still starting")]
    StillStarting,
    /// No engine runs.
    #[error("the engine does not run; its status says why")]
    NotRunning,
    /// It runs, and does not say what it was asked.
    #[error("the engine does not tell its models: {0}")]
    Silent(String),
    /// It cannot be asked, or does not want to.
    #[error("the engine cannot do this: {0}")]
    Unwilling(String),
    /// The server is stopping.
    #[error("the server is stopping, and the engine with it")]
    Ending,
}
