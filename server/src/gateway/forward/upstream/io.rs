//! The socket of a connection to the engine. Before an idle connection is used again, the system is asked whether the engine
//! has closed it: the readiness that the runtime knows may be stale, and under load it often is.

use std::{
    io::{self, IoSlice},
    mem::MaybeUninit,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::net::TcpStream;

#[derive(Debug)]
pub(super) struct EngineIo {
    inner: TokioIo<TcpStream>,
    /// While true, reads ask the system.
    is_checked: Arc<AtomicBool>,
}

impl EngineIo {
    /// The second value turns the check on.
    pub(super) fn new(stream: TcpStream) -> (Self, Arc<AtomicBool>) {
        let is_checked = Arc::new(AtomicBool::new(false));
        let io = Self {
            inner: TokioIo::new(stream),
            is_checked: Arc::clone(&is_checked),
        };
        (io, is_checked)
    }

    /// Ready when the engine has closed the connection, or has sent data without a request.
    fn poll_closed(&self) -> Poll<io::Result<()>> {
        let mut byte = [MaybeUninit::uninit()];
        match SockRef::from(self.inner.inner()).peek(&mut byte) {
            Ok(0) => Poll::Ready(Ok(())),
            Ok(_) => Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl Read for EngineIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.inner).poll_read(cx, buffer) {
            // Ready without data is the end of the stream.
            Poll::Pending if self.is_checked.load(Ordering::Relaxed) => self.poll_closed(),
            polled @ (Poll::Ready(_) | Poll::Pending) => polled,
        }
    }
}

impl Write for EngineIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, data)
    }
}
