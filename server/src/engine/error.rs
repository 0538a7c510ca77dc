//! Why a command to the engine was not carried out.

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The start failed.
    #[error("the engine did not start: {0}")]
    DidNotStart(String),
    /// The start takes longer than a caller waits; it continues.
    #[error("the engine is still starting")]
    StillStarting,
    /// No engine runs.
    #[error("the engine does not run; its status has the reason")]
    NotRunning,
    /// It runs, but did not return its models.
    #[error("the engine did not list its models: {0}")]
    NoAnswer(String),
    /// It cannot be called, or it refused the call.
    #[error("the engine cannot do this: {0}")]
    Refused(String),
    /// The server is stopping.
    #[error("the server is shutting down, and the engine with it")]
    ShuttingDown,
}
