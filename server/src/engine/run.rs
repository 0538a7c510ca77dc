//! How one run of the engine ends.

use super::orders::QueuedOrder;

/// The reason why a run ended.
#[derive(Debug)]
pub(super) enum RunEnd {
    /// A command ended it.
    Ordered(QueuedOrder),
    /// A setting changed that a process takes at its start.
    Outdated,
    /// The process exited, or the engine stopped answering.
    Lost(UnexpectedExit),
    /// It cannot run until an operator acts.
    Blocked(String),
}

/// An exit that no command requested.
#[derive(Debug)]
pub(super) struct UnexpectedExit {
    /// The cause, for the log and the status.
    pub(super) reason: String,
    /// Whether it ran long enough that the restart delay starts from its minimum.
    pub(super) was_healthy: bool,
}
