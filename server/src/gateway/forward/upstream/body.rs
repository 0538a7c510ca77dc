//! The body of an answer, which owns its connection and drives it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    body::{Bytes, HttpBody},
    http::uri::Authority,
};
use http_body::{Frame, SizeHint};
use http1::BodyDecoder;
use hyper::body::Incoming;

use super::{connection::UpstreamConnection, exchange_error::ExchangeError, pool::Pool};

#[derive(Debug)]
pub(in crate::gateway) struct UpstreamBody(Source);

#[derive(Debug)]
enum Source {
    /// hyper-util drives the connection.
    Hyper(Incoming),
    Own {
        decoder: BodyDecoder,
        /// `None` once the connection is back in the pool, or broken.
        link: Option<Link>,
    },
}

/// The connection, and the pool that it returns to.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) connection: Box<UpstreamConnection>,
    pub(super) pool: Arc<Pool>,
    pub(super) authority: Authority,
}

impl Link {
    /// The answer is complete: its connection becomes idle.
    fn release(self) {
        self.pool.put(self.connection, &self.authority);
    }
}

impl From<Incoming> for UpstreamBody {
    fn from(body: Incoming) -> Self {
        Self(Source::Hyper(body))
    }
}

impl UpstreamBody {
    /// A body that drives its connection.
    pub(super) fn new(decoder: BodyDecoder, link: Link) -> Self {
        let link = if decoder.is_ended() {
            link.release();
            None
        } else {
            Some(link)
        };
        Self(Source::Own { decoder, link })
    }
}

impl HttpBody for UpstreamBody {
    type Data = Bytes;
    type Error = ExchangeError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ExchangeError>>> {
        let (decoder, link) = match &mut self.0 {
            Source::Hyper(body) => {
                return Pin::new(body).poll_frame(cx).map_err(ExchangeError::from);
            }
            Source::Own { decoder, link } => (decoder, link),
        };
        let Some(Link { connection, .. }) = link else {
            return Poll::Ready(None);
        };
        let polled = ready!(connection.poll_body(decoder, cx));
        if matches!(polled, Some(Err(_))) {
            *link = None;
        } else if decoder.is_ended()
            && let Some(link) = link.take()
        {
            link.release();
        }
        Poll::Ready(polled.map(|data| data.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Source::Hyper(body) => body.is_end_stream(),
            Source::Own { decoder, .. } => decoder.is_ended(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Source::Hyper(body) => body.size_hint(),
            Source::Own { decoder, .. } => decoder
                .remaining()
                .map_or_else(SizeHint::new, SizeHint::with_exact),
        }
    }
}
