//! The answer on its way to the client: lets every frame through, and settles once, however it ends.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::body::{Bytes, HttpBody};
use http_body::{Frame, SizeHint};

use super::{Drainer, End, Receipt};
use crate::{
    domain::api_keys::Caller,
    gateway::{
        dialect::{Dialect, Fault, in_stream_error},
        forward::UpstreamBody,
    },
};

/// Why an answer was cut.
#[derive(Debug, thiserror::Error)]
pub(in crate::gateway) enum AnswerError {
    #[error("the engine broke the connection")]
    Engine(#[source] hyper::Error),
    #[error("the key was revoked")]
    Revoked,
    #[error("the server is stopping")]
    Stopping,
}

/// What the body must know to speak up in the middle of a stream.
#[derive(Clone, Debug)]
pub(in crate::gateway) struct Voice {
    pub(in crate::gateway) dialect: Dialect,
    pub(in crate::gateway) protocol: entity::request::Protocol,
    pub(in crate::gateway) request_id: String,
}

/// The body.
#[derive(Debug)]
pub(in crate::gateway) struct MeteredBody {
    /// Gone once the answer ended.
    open: Option<Open>,
    voice: Voice,
    /// Why the answer is cut, once what came before it has left.
    cut: Option<AnswerError>,
}

#[derive(Debug)]
struct Open {
    inner: UpstreamBody,
    receipt: Receipt,
    caller: Arc<Caller>,
    drainer: Drainer,
}

impl MeteredBody {
    pub(in crate::gateway) fn new(
        inner: UpstreamBody,
        mut receipt: Receipt,
        caller: Arc<Caller>,
        drainer: Drainer,
        voice: Voice,
    ) -> Self {
        if inner.is_end_stream() {
            receipt.end(End::Whole);
            return Self {
                open: None,
                voice,
                cut: None,
            };
        }
        Self {
            open: Some(Open {
                inner,
                receipt,
                caller,
                drainer,
            }),
            voice,
            cut: None,
        }
    }

    /// Settles, and says no more.
    fn close(&mut self, end: End) {
        if let Some(mut open) = self.open.take() {
            open.receipt.end(end);
        }
    }

    /// The engine died. A stream of events can still say so; anything else can only be cut.
    fn broke(
        &mut self,
        error: hyper::Error,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        tracing::warn!(request.id = %self.voice.request_id, %error, "the engine broke off its answer");
        let can_speak = self
            .open
            .as_ref()
            .is_some_and(|open| open.receipt.is_between_events());
        self.close(End::Failed("engine_failed"));
        if can_speak {
            let Voice {
                dialect,
                protocol,
                request_id,
            } = &self.voice;
            let event = in_stream_error(*dialect, *protocol, &Fault::EngineFailed, request_id);
            return Poll::Ready(Some(Ok(Frame::data(event))));
        }
        // An error now would take along what waits to be sent.
        self.cut = Some(AnswerError::Engine(error));
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl HttpBody for MeteredBody {
    type Data = Bytes;
    type Error = AnswerError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        let Some(open) = &mut self.open else {
            return Poll::Ready(self.cut.take().map(Err));
        };
        if open.caller.revoked().is_cancelled() {
            self.close(End::Interrupted("revoked"));
            return Poll::Ready(Some(Err(AnswerError::Revoked)));
        }
        if open.drainer.is_stopping() {
            self.close(End::Interrupted("stopping"));
            return Poll::Ready(Some(Err(AnswerError::Stopping)));
        }
        match ready!(Pin::new(&mut open.inner).poll_frame(cx)) {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    open.receipt.observe(data);
                }
                // A reader who knows the length never asks for the frame after the last.
                if open.inner.is_end_stream() {
                    self.close(End::Whole);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => self.broke(error, cx),
            None => {
                self.close(End::Whole);
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.open.is_none() && self.cut.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.open {
            Some(open) => open.inner.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}

impl Drop for MeteredBody {
    /// The client left in the middle.
    fn drop(&mut self) {
        if let Some(Open {
            inner,
            receipt,
            drainer,
            ..
        }) = self.open.take()
        {
            drainer.drain(inner, receipt);
        }
    }
}
