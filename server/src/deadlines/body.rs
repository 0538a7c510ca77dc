//! A request body whose sender must make progress. The server wraps every incoming body in it.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf as _, Bytes};
use http_body::{Body, Frame, SizeHint};

use super::{ProgressDeadline, ProgressRule};

/// The sender stalled, or was too slow on average.
#[derive(Debug, thiserror::Error)]
#[error("the request body arrived too slowly")]
struct SlowBodyError;

/// Whether an error, or one of its causes, is a [`SlowBodyError`].
pub fn is_too_slow(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<SlowBodyError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The wrapped body.
#[derive(Debug)]
pub struct TimedBody<B> {
    inner: B,
    progress: ProgressDeadline,
}

impl<B> TimedBody<B> {
    pub fn new(inner: B, rule: ProgressRule) -> Self {
        Self {
            inner,
            progress: ProgressDeadline::new(rule),
        }
    }
}

impl<B> Body for TimedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(frame) => {
                if let Some(Ok(frame)) = &frame {
                    let bytes = frame.data_ref().map_or(0, Bytes::remaining);
                    self.progress.received(bytes);
                }
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => {
                let too_slow = self.progress.poll_too_slow(cx);
                too_slow.map(|()| Some(Err(SlowBodyError.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
