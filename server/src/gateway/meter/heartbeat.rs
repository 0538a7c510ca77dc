//! Keep-alive events for a silent stream, in a form that clients of its protocol ignore.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{
        HeaderMap,
        header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
    },
};
use metering::Protocol;
use tokio::time::{Instant, Sleep, sleep_until};

#[derive(Debug)]
pub(in crate::gateway) struct Heartbeat {
    interval: Duration,
    event: &'static str,
    /// When bytes were last sent to the client.
    last: Instant,
    /// Created when the stream is silent for the first time: a stream that never is has no timer.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Heartbeat {
    /// `None` when nothing may be added to an answer with these headers: it is no stream of events, it is compressed, or its
    /// length is fixed.
    pub(in crate::gateway) fn of(
        protocol: Protocol,
        headers: &HeaderMap,
        interval: Option<Duration>,
    ) -> Option<Self> {
        let kind = headers.get(CONTENT_TYPE)?.as_bytes();
        let is_stream = kind.starts_with(b"text/event-stream");
        if !is_stream
            || headers.contains_key(CONTENT_ENCODING)
            || headers.contains_key(CONTENT_LENGTH)
        {
            return None;
        }
        Some(Self {
            interval: interval?,
            event: protocol.spec().keep_alive,
            last: Instant::now(),
            timer: None,
        })
    }

    /// Bytes are sent to the client.
    pub(super) fn passed(&mut self) {
        self.last = Instant::now();
    }

    /// Ready with an event once nothing was sent for the interval.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        let due = self.last + self.interval;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if timer.deadline() < due {
            timer.as_mut().reset(due);
        }
        ready!(timer.as_mut().poll(cx));
        self.last = Instant::now();
        Poll::Ready(Bytes::from_static(self.event.as_bytes()))
    }
}
