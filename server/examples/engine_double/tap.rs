//! Reads the usage of a response while it is forwarded, and records it: zeros if the caller disconnects before the end.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use futures_util::stream::BoxStream;
use serde_json::Value;

use crate::config::Provider;
use crate::record::{Attempt, Counts};

/// The byte stream of an upstream.
pub(crate) type Upstream = BoxStream<'static, reqwest::Result<Bytes>>;

/// A response, whose attempt is recorded at its end.
pub(crate) struct Tapped {
    upstream: Upstream,
    line: BytesMut,
    counts: Counts,
    attempt: Attempt,
    is_over: bool,
}

impl Tapped {
    /// Wraps a streamed response.
    pub(crate) fn new(upstream: Upstream, attempt: Attempt) -> Self {
        Self {
            upstream,
            line: BytesMut::new(),
            counts: Counts::default(),
            attempt,
            is_over: false,
        }
    }

    fn end(&mut self, status: u16) {
        if !std::mem::replace(&mut self.is_over, true) {
            let counts = if status < 400 {
                self.counts
            } else {
                Counts::default()
            };
            self.attempt.record(status, counts);
        }
    }

    /// Reads the complete lines. The bytes are forwarded unchanged, except for Gemini's early usage.
    fn pass(&mut self, bytes: Bytes) -> Bytes {
        let provider = self.attempt.credential.provider;
        self.line.extend_from_slice(&bytes);
        let mut out = BytesMut::new();
        while let Some(end) = self.line.iter().position(|byte| *byte == b'\n') {
            let line = self.line.split_to(end + 1);
            if let Some(event) = event(&line) {
                self.counts.read(provider, &event);
            }
            out.extend_from_slice(&renamed(&line));
        }
        if matches!(provider, Provider::Gemini | Provider::Vertex) {
            out.freeze()
        } else {
            bytes
        }
    }
}

/// The engine renames the usage in chunks before the last one.
fn renamed(line: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(line);
    if text.contains("finishReason") {
        return line.to_vec();
    }
    text.replace("\"usageMetadata\"", "\"cpaUsageMetadata\"")
        .into_bytes()
}

/// The JSON of a `data:` line.
pub(crate) fn event(line: &[u8]) -> Option<Value> {
    serde_json::from_slice(line.strip_prefix(b"data:")?).ok()
}

impl Stream for Tapped {
    type Item = reqwest::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = std::task::ready!(self.upstream.as_mut().poll_next(context));
        Poll::Ready(match chunk {
            Some(Ok(bytes)) => Some(Ok(self.pass(bytes))),
            Some(Err(error)) => {
                self.end(502);
                Some(Err(error))
            }
            None => {
                self.end(200);
                None
            }
        })
    }
}

impl Drop for Tapped {
    fn drop(&mut self) {
        self.end(499);
    }
}
