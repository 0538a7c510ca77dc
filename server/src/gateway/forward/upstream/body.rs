//! The body of an answer, which owns its connection and drives it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Bytes, HttpBody},
    http::uri::Authority,
};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;

use super::{connection::UpstreamConnection, pool::Pool};

#[derive(Debug)]
pub(in crate::gateway) struct UpstreamBody {
    incoming: Incoming,
    /// `None` when hyper-util drives the connection, or once it is back in the pool.
    link: Option<Link>,
}

/// The connection, and the pool that it returns to.
#[derive(Debug)]
struct Link {
    connection: UpstreamConnection,
    pool: Arc<Pool>,
    authority: Authority,
}

type Polled = Poll<Option<Result<Frame<Bytes>, hyper::Error>>>;

impl UpstreamBody {
    /// A body whose connection hyper-util drives.
    pub(super) fn undriven(incoming: Incoming) -> Self {
        Self {
            incoming,
            link: None,
        }
    }

    /// A body that drives its connection.
    pub(super) fn driven(
        incoming: Incoming,
        connection: UpstreamConnection,
        pool: Arc<Pool>,
        authority: Authority,
    ) -> Self {
        let link = Link {
            connection,
            pool,
            authority,
        };
        Self {
            incoming,
            link: Some(link),
        }
    }

    /// The body itself, for the upgrade of its connection.
    pub(in crate::gateway) fn into_incoming(self) -> Incoming {
        self.incoming
    }

    fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Polled {
        Pin::new(&mut self.incoming).poll_frame(cx)
    }

    /// The answer is complete: its connection becomes idle.
    fn unlink(&mut self, cx: &mut Context<'_>) {
        if let Some(Link {
            connection,
            pool,
            authority,
        }) = self.link.take()
        {
            pool.put(connection, &authority, cx);
        }
    }
}

impl HttpBody for UpstreamBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        // Polling first signals the connection that there is room for a chunk.
        let mut polled = self.poll_incoming(cx);
        if polled.is_pending()
            && let Some(link) = &mut self.link
        {
            link.connection.drive(cx);
            polled = self.poll_incoming(cx);
        }
        if matches!(polled, Poll::Ready(None))
            || (polled.is_ready() && self.incoming.is_end_stream())
        {
            self.unlink(cx);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
