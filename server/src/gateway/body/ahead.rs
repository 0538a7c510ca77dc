//! Reads a body while its request waits: an HTTP/1.1 connection notices that its client left only while it is read.

use std::{
    collections::VecDeque,
    future::pending,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody as _},
    http::HeaderMap,
};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;

use super::BufferedBody;
use crate::{
    deadlines::is_too_slow,
    gateway::{dialect::GatewayError, memory::UserMemory, wait::ClientEnd},
};

/// In bytes. A body that is longer stays with its client, whose departure is then noticed when the wait is over.
const MAX_AHEAD: u64 = 64 * 1024;

/// A body and the part of it that was read ahead.
#[derive(Debug)]
pub(in crate::gateway) struct ReadAhead<'a> {
    body: &'a mut Body,
    held: BufferedBody,
    trailers: Option<HeaderMap>,
    has_ended: bool,
    limit: u64,
}

impl<'a> ReadAhead<'a> {
    /// `limit` is the largest body, in bytes.
    pub(in crate::gateway) fn new(body: &'a mut Body, limit: u64) -> Self {
        Self {
            body,
            held: BufferedBody::default(),
            trailers: None,
            has_ended: false,
            limit,
        }
    }

    /// Resolves when the client has left, or the body cannot be held in the memory of the user.
    pub(in crate::gateway) async fn client_end(
        &mut self,
        memory: impl FnOnce() -> UserMemory,
    ) -> ClientEnd {
        let memory = memory();
        while !self.has_ended && !self.body.is_end_stream() && self.held.bytes() < MAX_AHEAD {
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    if let Err(error) = self.keep(frame, &memory) {
                        return ClientEnd::Refused(error);
                    }
                }
                Some(Err(error)) if is_too_slow(&error) => {
                    return ClientEnd::Refused(GatewayError::BodyTooSlow);
                }
                Some(Err(_)) => return ClientEnd::Left,
                None => self.has_ended = true,
            }
        }
        // From here on the connection notices it, and drops the request.
        pending().await
    }

    fn keep(&mut self, frame: Frame<Bytes>, memory: &UserMemory) -> Result<(), GatewayError> {
        match frame.into_data() {
            Ok(data) => self.held.push(memory, data, self.limit),
            Err(frame) => {
                self.trailers = frame.into_trailers().ok();
                self.has_ended = true;
                Ok(())
            }
        }
    }

    /// Puts what was read before the rest of the body.
    pub(in crate::gateway) fn restore(self) {
        if self.held.is_empty() && self.trailers.is_none() {
            return;
        }
        let rest = mem::take(self.body);
        *self.body = Body::new(ResumedBody {
            held: self.held,
            rest,
            trailers: self.trailers.into_iter().collect(),
        });
    }
}

struct ResumedBody {
    held: BufferedBody,
    rest: Body,
    /// At most one, after which nothing comes.
    trailers: VecDeque<HeaderMap>,
}

impl http_body::Body for ResumedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Some(data) = self.held.pop() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if let Some(trailers) = self.trailers.pop_front() {
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        }
        Pin::new(&mut self.rest).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.trailers.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(self.held.bytes() + rest.lower());
        if let Some(upper) = rest.upper() {
            hint.set_upper(self.held.bytes() + upper);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, StreamExt as _, stream};
    use uuid::Uuid;

    use super::*;
    use crate::gateway::memory::Memory;

    const LIMIT: u64 = 1 << 20;

    fn body(chunks: Vec<Result<&'static str, std::io::Error>>) -> Body {
        Body::from_stream(stream::iter(chunks))
    }

    #[tokio::test]
    async fn a_body_that_was_read_ahead_is_unchanged() {
        let memory = || Memory::with_kib(1024).of(Uuid::nil(), LIMIT);
        let mut body = body(vec![Ok("one "), Ok("two "), Ok("three")]);
        let mut ahead = ReadAhead::new(&mut body, LIMIT);

        assert!(ahead.client_end(memory).now_or_never().is_none());
        ahead.restore();

        let read = body.collect().await.unwrap().to_bytes();
        assert_eq!(read, "one two three");
    }

    #[tokio::test]
    async fn a_long_body_is_read_up_to_a_bound() {
        let memory = || Memory::with_kib(1024).of(Uuid::nil(), LIMIT);
        let chunk = "x".repeat(1024);
        let chunks = stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
        let mut body = Body::from_stream(chunks.take(1000));
        let mut ahead = ReadAhead::new(&mut body, LIMIT);

        assert!(ahead.client_end(memory).now_or_never().is_none());

        assert_eq!(ahead.held.bytes(), MAX_AHEAD);
        ahead.restore();
        assert_eq!(body.collect().await.unwrap().to_bytes().len(), 1000 * 1024);
    }

    #[tokio::test]
    async fn a_client_that_leaves_is_noticed() {
        let memory = || Memory::with_kib(1024).of(Uuid::nil(), LIMIT);
        let left = std::io::ErrorKind::ConnectionReset.into();
        let mut body = body(vec![Ok("one "), Err(left)]);
        let mut ahead = ReadAhead::new(&mut body, LIMIT);

        let end = ahead.client_end(memory).await;

        assert!(matches!(end, ClientEnd::Left), "{end:?}");
    }
}
