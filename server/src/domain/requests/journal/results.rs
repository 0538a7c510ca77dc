//! The results of writing to the journal. Most are ready from the start; those of a blocking thread come later.

use std::{
    future::Future,
    io, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::sync::oneshot;

use super::segment::PendingEntry;

/// Ready once the entry is in the file or failed.
#[derive(Debug)]
pub struct Noted(NotedState);

#[derive(Debug)]
enum NotedState {
    Ready(io::Result<PendingEntry>),
    Waiting(oneshot::Receiver<io::Result<PendingEntry>>),
    Taken,
}

impl Noted {
    pub(super) fn ready(result: io::Result<PendingEntry>) -> Self {
        Self(NotedState::Ready(result))
    }

    pub(super) fn waiting(result: oneshot::Receiver<io::Result<PendingEntry>>) -> Self {
        Self(NotedState::Waiting(result))
    }
}

impl Future for Noted {
    type Output = io::Result<PendingEntry>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let closed = || Err(io::Error::other("the journal is closed"));
        if let NotedState::Waiting(receiver) = &mut self.0 {
            let result = ready!(Pin::new(receiver).poll(cx));
            self.0 = NotedState::Taken;
            return Poll::Ready(result.unwrap_or_else(|_| closed()));
        }
        match mem::replace(&mut self.0, NotedState::Taken) {
            NotedState::Ready(result) => Poll::Ready(result),
            NotedState::Waiting(_) | NotedState::Taken => Poll::Ready(closed()),
        }
    }
}

impl Drop for Noted {
    /// The caller is gone; release the entry.
    fn drop(&mut self) {
        let result = match mem::replace(&mut self.0, NotedState::Taken) {
            NotedState::Ready(result) => result.ok(),
            NotedState::Waiting(mut receiver) => {
                receiver.close();
                receiver.try_recv().ok().and_then(Result::ok)
            }
            NotedState::Taken => None,
        };
        if let Some(pending) = result {
            pending.release();
        }
    }
}

/// Ready once the final record is in the file, or in the database if the file cannot be written. Also ready when
/// neither can be written; the record is then kept in memory.
#[derive(Debug)]
pub struct Written(Option<oneshot::Receiver<()>>);

impl Written {
    pub(super) fn ready() -> Self {
        Self(None)
    }

    pub(super) fn waiting(result: oneshot::Receiver<()>) -> Self {
        Self(Some(result))
    }
}

impl Future for Written {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(receiver) = &mut self.0 {
            // An error means that the writer has ended.
            let _ = ready!(Pin::new(receiver).poll(cx));
        }
        self.0 = None;
        Poll::Ready(())
    }
}
