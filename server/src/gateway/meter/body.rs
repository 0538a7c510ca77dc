//! The body of a metered answer: passes every frame on, the last one once the request is on record, and settles exactly once.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::body::{Bytes, HttpBody};
use chrono::{DateTime, Utc};
use http_body::{Frame, SizeHint};
use uuid::Uuid;

use super::{Drainer, Heartbeat, Receipt, RequestEnd, hold::Hold};
use crate::{
    domain::users::api_keys::Caller,
    gateway::{
        dialect::{ErrorRecipient, GatewayError, in_stream_error},
        forward::{EngineOutage, ExchangeError, UpstreamBody},
    },
};

/// Why an answer was cut.
#[derive(Debug, thiserror::Error)]
pub(in crate::gateway) enum AnswerError {
    #[error("the engine broke the connection")]
    Engine(#[source] ExchangeError),
    #[error("the key was revoked")]
    Revoked,
    #[error("the server is stopping")]
    Stopping,
}

/// How to report an error in the middle of a stream.
#[derive(Debug)]
pub(in crate::gateway) struct ErrorFormat {
    pub(in crate::gateway) recipient: ErrorRecipient,
    pub(in crate::gateway) received_at: DateTime<Utc>,
    pub(in crate::gateway) request_id: Uuid,
    /// Keeps a silent stream alive, if the settings enable it.
    pub(in crate::gateway) heartbeat: Option<Heartbeat>,
    pub(in crate::gateway) engine_outage: EngineOutage,
}

#[derive(Debug)]
pub(in crate::gateway) struct MeteredBody {
    /// `None` once the answer has ended.
    open: Option<Open>,
    format: ErrorFormat,
    /// The last frame, until the request is on record.
    hold: Option<Hold>,
    /// The error that ends the body, once everything before it is sent.
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
        receipt: Receipt,
        caller: Arc<Caller>,
        drainer: Drainer,
        format: ErrorFormat,
    ) -> Self {
        Self {
            open: Some(Open {
                inner,
                receipt,
                caller,
                drainer,
            }),
            format,
            hold: None,
            cut: None,
        }
    }

    /// Releases the last frame once the request is on record.
    fn release(
        &mut self,
        hold: &mut Hold,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        let released = ready!(hold.poll(cx));
        match (&mut self.open, released.pending) {
            (Some(open), Some(pending)) => open.receipt.keep(pending),
            // The frames that follow wait for the database instead.
            (Some(open), None) => open.receipt.end_is_not_noted(),
            (None, Some(pending)) => pending.release(),
            (None, None) => {}
        }
        Poll::Ready(released.frame.map(Ok))
    }

    /// Observes a frame. If it ends the protocol, the end is held back; what is before it in the same frame is passed.
    fn pass(&mut self, frame: Frame<Bytes>) -> Option<Frame<Bytes>> {
        let Some(open) = &mut self.open else {
            return Some(frame);
        };
        let data = frame.data_ref();
        let end = data.map_or(0, |data| open.receipt.deliver(data));
        if let Some(heartbeat) = &mut self.format.heartbeat {
            heartbeat.passed();
        }
        // A reader that knows the length never polls for the frame after the last.
        let passed = if open.inner.is_end_stream() {
            self.finish(Some(frame))
        } else if open.receipt.has_just_ended() {
            self.hold_noted(frame)
        } else {
            Some(frame)
        };
        passed.or_else(|| self.hold.as_mut()?.take_before(end))
    }

    /// Holds a frame back until the end of the answer is journaled.
    fn hold_noted(&mut self, frame: Frame<Bytes>) -> Option<Frame<Bytes>> {
        match self
            .open
            .as_ref()
            .and_then(|open| open.receipt.note_whole())
        {
            Some(noted) => {
                self.hold = Some(Hold::until_noted(frame, noted));
                None
            }
            None => Some(frame),
        }
    }

    /// The answer is complete. Its last frame, or its end if there is no frame, is held back.
    fn finish(&mut self, frame: Option<Frame<Bytes>>) -> Option<Frame<Bytes>> {
        let Some(open) = self.open.take() else {
            return frame;
        };
        let is_noted = open.receipt.is_end_noted();
        match open.receipt.finish(RequestEnd::Whole) {
            Some(written) if !is_noted => {
                self.hold = Some(Hold::until_written(frame, written));
                None
            }
            Some(_) | None => frame,
        }
    }

    /// Settles without another frame.
    fn close(&mut self, end: RequestEnd) {
        if let Some(mut open) = self.open.take() {
            open.receipt.end(end);
        }
    }

    /// Nothing has arrived. Between two events, and before the last, a silent stream gets a keep-alive event.
    fn keep_alive(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        let (Some(heartbeat), Some(open)) = (&mut self.format.heartbeat, &self.open) else {
            return Poll::Pending;
        };
        if !open.receipt.is_between_events() || open.receipt.is_end_delivered() {
            return Poll::Pending;
        }
        let event = ready!(heartbeat.poll(cx));
        Poll::Ready(Some(Ok(Frame::data(event))))
    }

    /// The connection to the engine broke. A stream of events ends with an error event; any other body is cut.
    fn fail(
        &mut self,
        error: ExchangeError,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        let ErrorFormat {
            engine_outage,
            request_id,
            ..
        } = &self.format;
        engine_outage.failed(request_id, &error);
        let is_between_events = self.open.as_ref().is_some_and(|open| {
            open.receipt.is_between_events() && !open.receipt.is_end_delivered()
        });
        let failure = is_between_events.then_some(GatewayError::EngineFailed);
        if let (Some(open), Some(failure)) = (&mut self.open, &failure) {
            open.receipt.answer_with(failure, self.format.recipient);
        }
        self.close(RequestEnd::Failed("engine_failed"));
        if let Some(failure) = failure {
            let ErrorFormat {
                recipient,
                received_at,
                request_id,
                ..
            } = &self.format;
            let id = request_id.to_string();
            let event = in_stream_error(*recipient, &failure, &id, *received_at);
            return Poll::Ready(Some(Ok(Frame::data(event))));
        }
        // An error now would discard the data that is not sent yet.
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
        loop {
            if let Some(mut hold) = self.hold.take() {
                let released = self.release(&mut hold, cx);
                if released.is_pending() {
                    self.hold = Some(hold);
                }
                return released;
            }
            let Some(open) = &mut self.open else {
                return Poll::Ready(self.cut.take().map(Err));
            };
            if open.caller.revoked().is_cancelled() {
                self.close(RequestEnd::Interrupted("revoked"));
                return Poll::Ready(Some(Err(AnswerError::Revoked)));
            }
            if open.drainer.is_stopping() {
                self.close(RequestEnd::Interrupted("stopping"));
                return Poll::Ready(Some(Err(AnswerError::Stopping)));
            }
            let passed = match Pin::new(&mut open.inner).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => self.pass(frame),
                Poll::Ready(Some(Err(error))) => return self.fail(error, cx),
                Poll::Ready(None) => self.finish(None),
                Poll::Pending => return self.keep_alive(cx),
            };
            if passed.is_some() || self.hold.is_none() {
                return Poll::Ready(passed.map(Ok));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.open.is_none() && self.hold.is_none() && self.cut.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.hold.as_ref().map_or(0, Hold::length);
        let mut hint = SizeHint::with_exact(held);
        if let Some(open) = &self.open {
            let rest = open.inner.size_hint();
            hint = SizeHint::new();
            hint.set_lower(held + rest.lower());
            if let Some(upper) = rest.upper() {
                hint.set_upper(held + upper);
            }
        }
        hint
    }
}

impl Drop for MeteredBody {
    /// The client disconnected in the middle of the answer, or after its last event and before the end of the body.
    fn drop(&mut self) {
        let Some(Open {
            inner,
            receipt,
            drainer,
            ..
        }) = self.open.take()
        else {
            return;
        };
        if receipt.is_end_delivered() {
            drop(receipt);
            drainer.discard(inner);
        } else {
            drainer.drain(inner, receipt);
        }
    }
}
