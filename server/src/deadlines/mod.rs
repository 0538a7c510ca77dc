//! How long a client may take. What counts is progress: a slow client that goes on is waited for, one that
//! stands still is not.

mod body;
mod progress;

use std::time::Duration;

pub use self::{
    body::{TimedBody, is_too_slow},
    progress::{ProgressDeadline, ProgressRule},
};

/// The deadlines of connections, bodies and sockets. Tests shorten them.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// For the whole head of a request, and for a connection that is idle between two requests.
    pub head: Duration,
    /// For request bodies, and for the messages of WebSockets.
    pub progress: ProgressRule,
    /// How long a client may read nothing of an answer while more is ready for it.
    pub write_stall: Duration,
    /// How long a Responses WebSocket may be open without a message and without a turn under way.
    pub socket_idle: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(75),
            progress: ProgressRule::default(),
            write_stall: Duration::from_mins(1),
            // Agents keep their socket while people read and think. Providers close theirs after an hour.
            socket_idle: Duration::from_hours(1),
        }
    }
}
