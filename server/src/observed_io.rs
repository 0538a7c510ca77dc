//! A connection whose reads and writes are observed, and may fail because of what is observed.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Observes the reads and writes of an `Io` and decides their results.
pub trait IoObserver<Io> {
    /// `read` has the number of bytes; `Ready` without any is the end of the stream.
    fn on_read(
        &mut self,
        _io: &Io,
        read: Poll<io::Result<usize>>,
        _cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        read.map_ok(|_| ())
    }

    fn on_write(
        &mut self,
        written: Poll<io::Result<usize>>,
        _cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        written
    }
}

#[derive(Debug)]
pub struct ObservedIo<Io, Observer> {
    inner: Io,
    observer: Observer,
}

impl<Io, Observer> ObservedIo<Io, Observer> {
    pub fn new(inner: Io, observer: Observer) -> Self {
        Self { inner, observer }
    }
}

impl<Io, Observer> AsyncRead for ObservedIo<Io, Observer>
where
    Io: AsyncRead + Unpin,
    Observer: IoObserver<Io> + Unpin,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { inner, observer } = self.get_mut();
        let before = buffer.filled().len();
        let polled = Pin::new(&mut *inner).poll_read(cx, buffer);
        let read = polled.map_ok(|()| buffer.filled().len() - before);
        observer.on_read(inner, read, cx)
    }
}

impl<Io, Observer> AsyncWrite for ObservedIo<Io, Observer>
where
    Io: AsyncWrite + Unpin,
    Observer: IoObserver<Io> + Unpin,
{
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self { inner, observer } = self.get_mut();
        let written = Pin::new(inner).poll_write(cx, data);
        observer.on_write(written, cx)
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
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { inner, observer } = self.get_mut();
        let written = Pin::new(inner).poll_write_vectored(cx, data);
        observer.on_write(written, cx)
    }
}
