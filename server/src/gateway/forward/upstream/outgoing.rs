//! A request that is being written to the engine.

use std::{
    io::{self, IoSlice},
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    body::{Bytes, HttpBody as _},
    http::{HeaderMap, Method, Request},
};
use bytes::{Buf as _, BytesMut};
use http1::{HeadReader, UploadEncoder, encode_head};
use tokio::{io::AsyncWrite as _, net::TcpStream};

use super::exchange_error::ExchangeError;
use crate::gateway::body::Upload;

/// Independent of a connection, so that it may be written to another one if the first was closed in time.
#[derive(Debug)]
pub(super) struct OutgoingRequest {
    method: Method,
    /// Those of the request, which are encoded already; the answer uses their memory.
    headers: HeaderMap,
    upload: Upload,
    encoder: UploadEncoder,
    /// Encoded and not written yet: `framing`, then `data`, then `tail`.
    framing: BytesMut,
    data: Bytes,
    tail: &'static [u8],
    is_begun: bool,
}

impl OutgoingRequest {
    pub(super) fn new(request: Request<Upload>) -> Self {
        let (head, upload) = request.into_parts();
        let encoder = if upload.is_end_stream() {
            UploadEncoder::Nothing
        } else {
            UploadEncoder::new(&head.method, &head.headers, upload.size_hint().exact())
        };
        let target = head.uri.path_and_query().map_or("/", |path| path.as_str());
        Self {
            framing: encode_head(&head.method, target, &head.headers, encoder),
            method: head.method,
            headers: head.headers,
            upload,
            encoder,
            data: Bytes::new(),
            tail: b"",
            is_begun: false,
        }
    }

    /// Reads the head of the answer.
    pub(super) fn head_reader(&mut self) -> HeadReader {
        HeadReader::new(&self.method, mem::take(&mut self.headers))
    }

    /// Whether any of it was written.
    pub(super) fn is_begun(&self) -> bool {
        self.is_begun
    }

    /// Writes what can be written now; ready once all of it is. The head and the first piece of the body leave together.
    pub(super) fn poll_write(
        &mut self,
        stream: &mut TcpStream,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), ExchangeError>> {
        loop {
            if self.data.is_empty() && self.tail.is_empty() {
                self.fill(cx)?;
            }
            let parts = [&self.framing[..], &self.data, self.tail].map(IoSlice::new);
            if parts.iter().all(|part| part.is_empty()) {
                return if self.encoder.is_ended() {
                    Poll::Ready(Ok(()))
                } else {
                    Poll::Pending
                };
            }
            let written = ready!(Pin::new(&mut *stream).poll_write_vectored(cx, &parts));
            match written {
                Ok(0) => {
                    let error = io::ErrorKind::WriteZero.into();
                    return Poll::Ready(Err(ExchangeError::Write(error)));
                }
                Ok(written) => self.advance(written),
                Err(error) => return Poll::Ready(Err(ExchangeError::Write(error))),
            }
        }
    }

    /// Takes the next piece of the body, if it is there.
    fn fill(&mut self, cx: &mut Context<'_>) -> Result<(), ExchangeError> {
        while self.data.is_empty() && !self.encoder.is_ended() {
            match Pin::new(&mut self.upload).poll_frame(cx) {
                Poll::Pending => return Ok(()),
                Poll::Ready(None) => self.encoder.end(&mut self.framing)?,
                Poll::Ready(Some(Err(error))) => return Err(ExchangeError::Upload(error)),
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers are not forwarded: `Trailer`, which announces them, is a header of the connection.
                    let data = frame.into_data().unwrap_or_default();
                    if !data.is_empty() {
                        let is_last = self.upload.is_end_stream();
                        let length = data.len() as u64;
                        self.tail = self.encoder.frame(length, is_last, &mut self.framing)?;
                        self.data = data;
                    }
                }
            }
        }
        Ok(())
    }

    fn advance(&mut self, written: usize) {
        self.is_begun = true;
        let of_framing = written.min(self.framing.len());
        self.framing.advance(of_framing);
        let of_data = (written - of_framing).min(self.data.len());
        self.data.advance(of_data);
        self.tail = self
            .tail
            .get(written - of_framing - of_data..)
            .unwrap_or_default();
        if self.data.is_empty() {
            // Its buffer may be large.
            self.data = Bytes::new();
        }
    }
}
