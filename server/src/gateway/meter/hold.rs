//! Holds the last frame of an answer back until the request is on record: a client that has seen the end of its answer is
//! accounted for, even if the server is killed immediately afterwards.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::body::Bytes;
use http_body::Frame;

use crate::domain::requests::{Noted, PendingEntry, Written};

/// A frame that waits, or without a frame the end of the body.
#[derive(Debug)]
pub(super) struct Hold {
    frame: Option<Frame<Bytes>>,
    until: Until,
}

#[derive(Debug)]
enum Until {
    /// The end of the protocol was seen; more frames may follow.
    Noted(Noted),
    /// The body has ended.
    Written(Written),
}

#[derive(Debug)]
pub(super) struct Released {
    pub(super) frame: Option<Frame<Bytes>>,
    /// Keeps the journal entry.
    pub(super) pending: Option<PendingEntry>,
}

impl Hold {
    pub(super) fn until_noted(frame: Frame<Bytes>, noted: Noted) -> Self {
        Self {
            frame: Some(frame),
            until: Until::Noted(noted),
        }
    }

    pub(super) fn until_written(frame: Option<Frame<Bytes>>, written: Written) -> Self {
        Self {
            frame,
            until: Until::Written(written),
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Released> {
        let pending = match &mut self.until {
            // A failing journal holds nothing back: the entry is pending in memory.
            Until::Noted(noted) => ready!(Pin::new(noted).poll(cx)).ok(),
            Until::Written(written) => {
                ready!(Pin::new(written).poll(cx));
                None
            }
        };
        let frame = self.frame.take();
        Poll::Ready(Released { frame, pending })
    }

    /// Takes as many bytes from the beginning of the frame, which need not wait.
    pub(super) fn take_before(&mut self, end: usize) -> Option<Frame<Bytes>> {
        let data = self.frame.as_mut()?.data_mut()?;
        (end > 0).then(|| Frame::data(data.split_to(end)))
    }

    /// In bytes.
    pub(super) fn length(&self) -> u64 {
        let data = self.frame.as_ref().and_then(Frame::data_ref);
        data.map_or(0, |data| data.len() as u64)
    }
}
