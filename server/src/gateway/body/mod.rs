//! The upload to the engine: first what was buffered while the model was read, then the rest as it arrives.

mod ahead;
mod copy;
mod held;

use std::{
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, header::EXPECT},
};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use metering::{Bound, ModelScanner};
use tokio::time::timeout;

pub(super) use self::{ahead::ReadAhead, copy::BodyCopy, held::BufferedBody};
use super::{dialect::GatewayError, memory::UserMemory};
use crate::deadlines::is_too_slow;

/// Bounds for reading the body of a request that was refused by its head, in bytes and time.
const MAX_DISCARDED: usize = 4 * 1024 * 1024;
const DISCARD_TIMEOUT: Duration = Duration::from_secs(2);

/// Reads and discards a body, within limits. A client that is still sending would otherwise see a reset connection
/// instead of the error.
pub(super) async fn discard(headers: &HeaderMap, mut body: Body) {
    // A client that asks before it sends has not sent the body.
    if headers.contains_key(EXPECT) {
        return;
    }
    let reading = async {
        let mut left = MAX_DISCARDED;
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                return;
            }
        }
    };
    let _ = timeout(DISCARD_TIMEOUT, reading).await;
}

/// Why an upload was aborted.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum UploadError {
    #[error("the request body is refused: {0}")]
    Refused(GatewayError),
    #[error("the client left while sending")]
    ClientGone,
}

/// The state of an upload while the engine reads it.
#[derive(Debug, Default)]
pub(super) struct UploadProgress {
    bytes: AtomicU64,
    /// The service tier that the rest of the body asks for.
    service_tier: OnceLock<String>,
    failure: OnceLock<UploadError>,
}

impl UploadProgress {
    /// Sent so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The service tier that the body asks for, if the part that was read while it was sent names it.
    pub(super) fn service_tier(&self) -> Option<&str> {
        self.service_tier.get().map(String::as_str)
    }

    /// Why it was aborted, if it was.
    pub(super) fn failure(&self) -> Option<&UploadError> {
        self.failure.get()
    }
}

/// Scans the rest of a body that is being forwarded: a later member may contradict what was admitted, or select a service
/// tier. The engine acts on whole bodies only, so an upload that is aborted has no effect.
#[derive(Debug)]
pub(super) struct UploadWatch {
    scanner: ModelScanner,
    /// Whether the body names the model.
    names_model: bool,
    /// The output bound of the reservation, if a limit depends on it.
    bound: Option<Bound>,
}

impl UploadWatch {
    pub(super) fn new(scanner: ModelScanner, names_model: bool, bound: Option<Bound>) -> Self {
        Self {
            scanner,
            names_model,
            bound,
        }
    }

    fn observe(
        &mut self,
        data: &[u8],
        is_last: bool,
        progress: &UploadProgress,
    ) -> Result<(), UploadError> {
        self.scanner.observe(data);
        if is_last && let Some(tier) = self.scanner.requested_tier().name {
            let _ = progress.service_tier.set(tier);
        }
        let is_cut = is_last && !self.scanner.is_whole();
        let is_contradicted = (self.names_model && (is_cut || self.scanner.is_ambiguous()))
            || self
                .bound
                .is_some_and(|bound| bound != self.scanner.bound());
        if is_contradicted {
            return Err(UploadError::Refused(GatewayError::ModelAmbiguous));
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(super) struct Upload {
    held: BufferedBody,
    rest: Body,
    limit: u64,
    watch: Option<UploadWatch>,
    progress: Arc<UploadProgress>,
    copy: Option<BodyCopy>,
}

impl Upload {
    /// A body of which nothing was read.
    pub(super) fn new(body: Body, limit: u64) -> Self {
        Self::resumed(BufferedBody::default(), body, limit, None)
    }

    /// A body whose beginning was read.
    pub(super) fn resumed(
        held: BufferedBody,
        rest: Body,
        limit: u64,
        watch: Option<UploadWatch>,
    ) -> Self {
        Self {
            held,
            rest,
            limit,
            watch,
            progress: Arc::default(),
            copy: None,
        }
    }

    /// Copies the body while it is sent.
    pub(super) fn keep_copy(&mut self, memory: UserMemory) -> BodyCopy {
        self.copy.insert(BodyCopy::new(memory)).clone()
    }

    /// The same body again, whose progress replaces that of the first; `None` unless all of it was sent and copied.
    pub(super) fn of_copy(
        copy: &BodyCopy,
        limit: u64,
        progress: &Arc<UploadProgress>,
    ) -> Option<Self> {
        let held = copy.body()?;
        progress.bytes.store(0, Ordering::Relaxed);
        Some(Self {
            progress: Arc::clone(progress),
            ..Self::resumed(held, Body::empty(), limit, None)
        })
    }

    /// Bytes that were read and are not sent yet.
    pub(super) fn held_bytes(&self) -> u64 {
        self.held.bytes()
    }

    /// Reads the rest of the body ahead, within bounds.
    pub(super) fn read_ahead(&mut self) -> ReadAhead<'_> {
        ReadAhead::new(&mut self.rest, self.limit)
    }

    pub(super) fn progress(&self) -> Arc<UploadProgress> {
        Arc::clone(&self.progress)
    }

    fn fail(&self, error: UploadError) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        let _ = self.progress.failure.set(error.clone());
        Poll::Ready(Some(Err(error)))
    }

    fn pass(&self, data: Bytes) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        let length = data.len() as u64;
        let before = self.progress.bytes.fetch_add(length, Ordering::Relaxed);
        if before + length > self.limit {
            return self.fail(UploadError::Refused(GatewayError::BodyTooLarge {
                limit: self.limit,
            }));
        }
        if let Some(copy) = &self.copy {
            copy.push(&data);
            if self.is_end_stream() {
                copy.finish();
            }
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }
}

impl HttpBody for Upload {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        let this = self.get_mut();
        if let Some(data) = this.held.pop() {
            return this.pass(data);
        }
        let frame = match ready!(Pin::new(&mut this.rest).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) if is_too_slow(&error) => {
                return this.fail(UploadError::Refused(GatewayError::BodyTooSlow));
            }
            Some(Err(_)) => return this.fail(UploadError::ClientGone),
            None => {
                let watch = this.watch.as_mut();
                return match watch.map_or(Ok(()), |watch| watch.observe(&[], true, &this.progress))
                {
                    Ok(()) => {
                        if let Some(copy) = &this.copy {
                            copy.finish();
                        }
                        Poll::Ready(None)
                    }
                    Err(error) => this.fail(error),
                };
            }
        };
        match frame.into_data() {
            Ok(data) => {
                let is_last = this.rest.is_end_stream();
                if let Some(watch) = &mut this.watch
                    && let Err(error) = watch.observe(&data, is_last, &this.progress)
                {
                    return this.fail(error);
                }
                this.pass(data)
            }
            Err(trailers) => Poll::Ready(Some(Ok(trailers))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.rest.is_end_stream()
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
