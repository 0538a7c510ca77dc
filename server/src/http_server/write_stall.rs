//! Disconnects a client that does not read its answer for too long: on plain connections and, since an upgrade takes the
//! connection along, on WebSockets.

use std::{
    future::Future as _,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

use super::connections::Permit;
use crate::observed_io::IoObserver;

/// Fails a write that the client has blocked for the limit. It holds the permit of the connection.
#[derive(Debug)]
pub(super) struct WriteStall {
    limit: Duration,
    /// When the current stall began.
    since: Option<Instant>,
    /// Created at the first stall. A later stall does not reset it: when it fires too early, it is reset then.
    timer: Option<Pin<Box<Sleep>>>,
    _permit: Permit,
}

impl WriteStall {
    pub(super) fn new(limit: Duration, permit: Permit) -> Self {
        Self {
            limit,
            since: None,
            timer: None,
            _permit: permit,
        }
    }
}

impl IoObserver<TcpStream> for WriteStall {
    fn on_write(
        &mut self,
        written: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.since = None;
            return written;
        }
        let since = *self.since.get_or_insert_with(Instant::now);
        let deadline = since + self.limit;
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        while timer.as_mut().poll(cx).is_ready() {
            if deadline <= Instant::now() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}
