//! The last frame of an answer is held back until the request is on record: a client that saw the end of
//! its answer is accounted for, even if the server is killed in the next instant.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::body::Bytes;
use http_body::Frame;

use crate::domain::requests::{Noted, PendingEntry, Written};

/// A frame that waits, or the end of the body.
#[derive(Debug)]
pub(super) struct Hold {
    frame: Option<Frame<Bytes>>,
    until: Until,
}

/// What it waits for.
#[derive(Debug)]
enum Until {
    /// The end was seen, and more may come.
    Noted(Noted),
    /// Nothing more comes.
    Written(Written),
}

/// What was held back.
#[derive(Debug)]
pub(super) struct Released {
    pub(super) frame: Option<Frame<Bytes>>,
    /// What keeps the note.
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
            // What cannot be noted is not held back: it is owed in memory.
            Until::Noted(noted) => ready!(Pin::new(noted).poll(cx)).ok(),
            Until::Written(written) => {
                ready!(Pin::new(written).poll(cx));
                None
            }
        };
        let frame = self.frame.take();
        Poll::Ready(Released { frame, pending })
    }

    /// Bytes that are held back.
    pub(super) fn length(&self) -> u64 {
        let data = self.frame.as_ref().and_then(Frame::data_ref);
        data.map_or(0, |data| data.len() as u64)
    }
}
