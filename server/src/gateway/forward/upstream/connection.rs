//! A connection to the engine, driven by the request that uses it.
//!
//! Each read takes all that has arrived, up to 64 KB, and all chunks in it become one frame. A connection that waits has no
//! buffer.

use std::{
    future::Future as _,
    io,
    pin::pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{body::Bytes, http::uri::Authority};
use bytes::BytesMut;
use http1::{AnswerHead, BodyDecoder, HeadReader, Http1Error};
use tokio::{
    io::AsyncReadExt as _,
    net::TcpStream,
    time::{Instant, timeout},
};

use super::{
    UpstreamError, close_check::is_idle, exchange_error::ExchangeError, outgoing::OutgoingRequest,
};

pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How many bytes are read in one system call: more after a read that was full, fewer after two that were not half full.
const MIN_READ_BYTES: usize = 16 * 1024;
const MAX_READ_BYTES: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct UpstreamConnection {
    stream: TcpStream,
    /// Read and not taken yet.
    buffer: BytesMut,
    read_bytes: usize,
    was_short_read: bool,
    /// `None` once the request is written.
    outgoing: Option<OutgoingRequest>,
    /// Why the request could not be written to its end.
    write_error: Option<ExchangeError>,
    is_persistent: bool,
    idle_since: Instant,
}

/// Why a request got no answer, and the request if nothing of it was written.
#[derive(Debug)]
pub(super) struct Unsent {
    pub(super) error: ExchangeError,
    pub(super) request: Option<OutgoingRequest>,
}

impl UpstreamConnection {
    pub(super) async fn open(authority: &Authority) -> Result<Self, UpstreamError> {
        let host = authority.host().trim_matches(['[', ']']);
        let port = authority.port_u16().unwrap_or(80);
        let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect((host, port)))
            .await
            .map_err(|_| UpstreamError::Connect(io::ErrorKind::TimedOut.into()))?
            .map_err(UpstreamError::Connect)?;
        stream.set_nodelay(true).map_err(UpstreamError::Connect)?;
        Ok(Self {
            stream,
            buffer: BytesMut::new(),
            read_bytes: MIN_READ_BYTES,
            was_short_read: false,
            outgoing: None,
            write_error: None,
            is_persistent: true,
            idle_since: Instant::now(),
        })
    }

    /// Whether another request may be sent, as far as this side knows.
    pub(super) fn is_reusable(&self) -> bool {
        // Data beyond the end of an answer belongs to no request.
        self.is_persistent && self.outgoing.is_none() && self.buffer.is_empty()
    }

    /// Whether another request may be sent. Costs one system call.
    pub(super) fn is_open(&self) -> bool {
        self.is_reusable() && is_idle(&self.stream)
    }

    pub(super) fn set_idle(&mut self) {
        self.idle_since = Instant::now();
        self.buffer = BytesMut::new();
    }

    pub(super) fn idle_time(&self) -> Duration {
        self.idle_since.elapsed()
    }

    /// Sends a request, and resolves with the head of its answer; the request may not be written to its end by then.
    pub(super) async fn exchange(
        &mut self,
        mut request: OutgoingRequest,
    ) -> Result<AnswerHead, Unsent> {
        let mut heads = request.head_reader();
        self.outgoing = Some(request);
        let answered = std::future::poll_fn(|cx| {
            self.poll_send(cx)?;
            self.poll_head(&mut heads, cx)
        });
        match answered.await {
            Ok(head) => {
                self.is_persistent &= head.is_persistent;
                Ok(head)
            }
            Err(error) => Err(Unsent {
                request: self.take_unwritten(&error),
                error,
            }),
        }
    }

    fn take_unwritten(&mut self, error: &ExchangeError) -> Option<OutgoingRequest> {
        let is_write = matches!(error, ExchangeError::Write(_));
        self.outgoing
            .take()
            .filter(|request| is_write && !request.is_begun())
    }

    /// Data of the body; `None` at its end.
    pub(super) fn poll_body(
        &mut self,
        body: &mut BodyDecoder,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, ExchangeError>>> {
        self.poll_send(cx)?;
        loop {
            if let Some(data) = body.decode(&mut self.buffer).map_err(ExchangeError::from)? {
                return Poll::Ready(Some(Ok(data)));
            }
            if body.is_ended() {
                return Poll::Ready(None);
            }
            if ready!(self.poll_read(cx))? == 0 {
                self.is_persistent = false;
                return Poll::Ready(body.close().err().map(|error| Err(error.into())));
            }
        }
    }

    /// Writes what can be written now of the request.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Result<(), ExchangeError> {
        let Some(request) = &mut self.outgoing else {
            return Ok(());
        };
        match request.poll_write(&mut self.stream, cx) {
            Poll::Pending => Ok(()),
            Poll::Ready(Ok(())) => {
                self.outgoing = None;
                Ok(())
            }
            // The engine may have answered before it stopped reading: the answer decides.
            Poll::Ready(Err(error @ ExchangeError::Write(_))) if request.is_begun() => {
                self.outgoing = None;
                self.write_error = Some(error);
                self.is_persistent = false;
                Ok(())
            }
            Poll::Ready(Err(error)) => Err(error),
        }
    }

    fn poll_head(
        &mut self,
        heads: &mut HeadReader,
        cx: &mut Context<'_>,
    ) -> Poll<Result<AnswerHead, ExchangeError>> {
        loop {
            if let Some(head) = heads.read(&mut self.buffer)? {
                return Poll::Ready(Ok(head));
            }
            let error = match ready!(self.poll_read(cx)) {
                Ok(0) => Http1Error::Incomplete.into(),
                Ok(_) => continue,
                Err(error) => error,
            };
            return Poll::Ready(Err(self.write_error.take().unwrap_or(error)));
        }
    }

    /// Reads once; 0 at the end of the stream.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize, ExchangeError>> {
        if self.buffer.is_empty() && self.is_waiting(cx)? {
            self.buffer = BytesMut::new();
            return Poll::Pending;
        }
        self.buffer.reserve(self.read_bytes);
        let capacity = self.buffer.capacity() - self.buffer.len();
        let read = ready!(pin!(self.stream.read_buf(&mut self.buffer)).poll(cx));
        let read = read.map_err(ExchangeError::Read)?;
        self.adapt(read, capacity);
        Poll::Ready(Ok(read))
    }

    /// Whether nothing has arrived, as far as the runtime knows.
    fn is_waiting(&self, cx: &mut Context<'_>) -> Result<bool, ExchangeError> {
        match self.stream.poll_read_ready(cx) {
            Poll::Ready(Err(error)) => Err(ExchangeError::Read(error)),
            Poll::Ready(Ok(())) => Ok(false),
            Poll::Pending => Ok(true),
        }
    }

    fn adapt(&mut self, read: usize, capacity: usize) {
        if read == capacity {
            self.read_bytes = (self.read_bytes * 2).min(MAX_READ_BYTES);
        }
        let is_short = read < self.read_bytes / 2;
        if is_short && self.was_short_read {
            self.read_bytes = (self.read_bytes / 2).max(MIN_READ_BYTES);
        }
        self.was_short_read = is_short;
    }
}
