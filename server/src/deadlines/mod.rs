//! Deadlines of clients. They measure progress: a slow client that continues is served, a stalled one is cut off.

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
    /// For the head of a request, and for an idle keep-alive connection.
    pub head: Duration,
    /// For request bodies and WebSocket messages.
    pub progress: ProgressRule,
    /// How long a client may read nothing of a pending response.
    pub write_stall: Duration,
    /// How long a Responses WebSocket may be idle: no message, and no turn in flight.
    pub socket_idle: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(75),
            progress: ProgressRule::default(),
            write_stall: Duration::from_mins(1),
            // Agents keep their socket open while users read. Providers close theirs after an hour.
            socket_idle: Duration::from_hours(1),
        }
    }
}
