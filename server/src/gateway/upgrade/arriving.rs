//! The messages that a client is sending. A message that was begun must make progress, and what is held of it counts against
//! the memory of its user.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use crate::{
    deadlines::{ProgressDeadline, ProgressRule},
    gateway::{
        dialect::GatewayError,
        memory::{MemoryPermit, UserMemory},
    },
    observed_io::IoObserver,
};

/// In bytes: what every socket may hold uncounted, and the unit in which the rest is counted.
const STEP: usize = 64 * 1024;
/// The header of a ping or pong from a client, in bytes: two, and four for its mask.
const CONTROL_HEAD: u64 = 6;

/// The message that arrives. Shared by the socket and by the reader of its messages.
#[derive(Clone, Debug)]
pub(super) struct Arriving(Arc<Mutex<Unfinished>>);

#[derive(Debug)]
struct Unfinished {
    /// Bytes since the last message.
    bytes: u64,
    progress: ProgressDeadline,
    memory: UserMemory,
    permits: Vec<MemoryPermit>,
    /// Why the socket must be closed.
    error: Option<GatewayError>,
}

impl Arriving {
    pub(super) fn new(rule: ProgressRule, memory: UserMemory) -> Self {
        Self(Arc::new(Mutex::new(Unfinished {
            bytes: 0,
            progress: ProgressDeadline::new(rule),
            memory,
            permits: Vec::new(),
            error: None,
        })))
    }

    /// A message is complete. Its memory is counted until the result is dropped.
    pub(super) fn finish(&self) -> Vec<MemoryPermit> {
        self.lock().restart()
    }

    /// A ping or pong has arrived, perhaps in the middle of a message.
    pub(super) fn finish_control(&self, payload: usize) {
        let mut unfinished = self.lock();
        let length = payload as u64 + CONTROL_HEAD;
        unfinished.bytes = unfinished.bytes.saturating_sub(length);
        if unfinished.bytes == 0 {
            unfinished.restart();
        }
    }

    /// Why the socket must be closed, if it must.
    pub(super) fn error(&self) -> Option<GatewayError> {
        self.lock().error.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Unfinished> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unfinished {
    fn restart(&mut self) -> Vec<MemoryPermit> {
        self.bytes = 0;
        self.progress.restart();
        std::mem::take(&mut self.permits)
    }

    fn received(&mut self, bytes: usize) -> io::Result<()> {
        self.bytes += bytes as u64;
        self.progress.received(bytes);
        while self.bytes > ((self.permits.len() + 1) * STEP) as u64 {
            match self.memory.take(STEP) {
                Ok(permit) => self.permits.push(permit),
                Err(error) => {
                    self.error = Some(error);
                    return Err(io::ErrorKind::OutOfMemory.into());
                }
            }
        }
        Ok(())
    }

    /// Nothing arrives: fine between two messages, but not for long in the middle of one.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.bytes == 0 {
            return Poll::Pending;
        }
        self.progress.poll_too_slow(cx).map(|()| {
            self.error = Some(GatewayError::BodyTooSlow);
            Err(io::ErrorKind::TimedOut.into())
        })
    }
}

impl<Io> IoObserver<Io> for Arriving {
    fn on_read(
        &mut self,
        _: &Io,
        read: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        match read {
            Poll::Ready(Ok(bytes)) => Poll::Ready(self.lock().received(bytes)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.lock().poll_idle(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::gateway::memory::Memory;

    #[test]
    fn an_unfinished_message_takes_memory_and_pings_in_its_middle_do_not_hide_it() {
        let memory = Memory::with_kib(1024);
        let arriving = Arriving::new(
            ProgressRule {
                idle: Duration::MAX,
                ..ProgressRule::default()
            },
            memory.of(Uuid::nil(), 100 * 1024),
        );
        let receive = |bytes| arriving.lock().received(bytes);

        receive(STEP).unwrap();
        assert_eq!(memory.free_kib(), 1024);
        receive(STEP + 106).unwrap();
        arriving.finish_control(100);
        assert_eq!(
            (arriving.lock().bytes, memory.free_kib()),
            (2 * STEP as u64, 894)
        );
        let held = arriving.finish();
        assert_eq!(memory.free_kib(), 894);
        drop(held);
        assert_eq!((arriving.lock().bytes, memory.free_kib()), (0, 1024));

        receive(300 * 1024).unwrap_err();
        assert!(matches!(
            arriving.error(),
            Some(GatewayError::RateLimited { .. })
        ));
    }
}
