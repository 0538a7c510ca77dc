//! What becomes of an answer whose client left: it is read on to its usage report, within limits, or
//! hung up on, as the settings say.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::HttpBody as _;
use http_body_util::BodyExt as _;
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Receipt, RequestEnd};
use crate::{
    domain::settings::{AbortPolicy, GatewaySettings, Settings},
    gateway::forward::{Awaiting, UpstreamBody, UpstreamError, UpstreamResponse},
};

/// How long the engine may take to end an answer after its last event.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// Reads abandoned answers on. Cheap to clone.
#[derive(Clone, Debug)]
pub(in crate::gateway) struct Drainer(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    settings: Settings,
    tasks: TaskTracker,
    deadline: CancellationToken,
    running: AtomicU32,
}

impl Drainer {
    pub(in crate::gateway) fn new(
        settings: Settings,
        tasks: TaskTracker,
        deadline: CancellationToken,
    ) -> Self {
        let running = AtomicU32::new(0);
        Self(Arc::new(Parts {
            settings,
            tasks,
            deadline,
            running,
        }))
    }

    /// Whether the time for ending gracefully is over.
    pub(in crate::gateway) fn is_stopping(&self) -> bool {
        self.0.deadline.is_cancelled()
    }

    /// How many answers are read on now.
    pub(in crate::gateway) fn running(&self) -> u32 {
        self.0.running.load(Ordering::Relaxed)
    }

    /// Reads the rest of an answer.
    pub(in crate::gateway) fn drain(&self, body: UpstreamBody, receipt: Receipt) {
        self.spawn(receipt, move |receipt, limits| {
            read_on(body, receipt, limits.drain_bytes)
        });
    }

    /// Reads the rest of an answer that is settled. If the connection were closed now, the engine would
    /// report the request as failed.
    pub(in crate::gateway) fn discard(&self, mut body: UpstreamBody) {
        if self.is_stopping() || body.is_end_stream() {
            return;
        }
        let deadline = self.0.deadline.clone();
        let reading = async move { while let Some(Ok(_)) = body.frame().await {} };
        self.0.tasks.spawn(async move {
            let reading = timeout(FINISH_TIMEOUT, reading);
            let _ = deadline.run_until_cancelled(reading).await;
        });
    }

    /// Waits for an answer whose client left before it began, and reads it.
    fn finish(&self, answer: Awaiting, receipt: Receipt) {
        self.spawn(receipt, move |mut receipt, limits| async move {
            match answer.await {
                Ok(answer) => {
                    receipt.answered(answer.status(), answer.headers());
                    read_on(answer.into_body(), receipt, limits.drain_bytes).await;
                }
                Err(error) => tracing::debug!(request.id = ?receipt.id(), %error, "an abandoned request was not answered"),
            }
        });
    }

    /// Runs `work` within the limits. The receipt is settled when it ends, is cut off, or never begins.
    fn spawn<F>(&self, mut receipt: Receipt, work: impl FnOnce(Receipt, GatewaySettings) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        receipt.client_left();
        if self.is_stopping() {
            receipt.end(RequestEnd::Interrupted("stopping"));
            return;
        }
        let settings = self.0.settings.current().gateway.clone();
        let Some(slot) = self.slot(&settings) else {
            return;
        };
        let limit = settings.drain_time();
        let work = work(receipt, settings);
        let deadline = self.0.deadline.clone();
        self.0.tasks.spawn(async move {
            let _slot = slot;
            let _ = deadline.run_until_cancelled(timeout(limit, work)).await;
        });
    }

    /// The right to read one more abandoned answer on, unless the settings have it hung up on.
    pub(in crate::gateway) fn slot(&self, settings: &GatewaySettings) -> Option<Slot> {
        if settings.abort_policy == AbortPolicy::Cancel {
            return None;
        }
        let taken = Slot::take(&self.0);
        (self.0.running.load(Ordering::Relaxed) <= settings.drain_concurrency).then_some(taken)
    }
}

/// One of the answers that are read on at the same time.
#[derive(Debug)]
pub(in crate::gateway) struct Slot(Arc<Parts>);

impl Slot {
    fn take(parts: &Arc<Parts>) -> Self {
        parts.running.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(parts))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn read_on(mut body: UpstreamBody, mut receipt: Receipt, limit: u64) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        let Some(data) = frame.data_ref() else {
            continue;
        };
        receipt.observe(data);
        read += data.len() as u64;
        if read > limit {
            break;
        }
    }
}

/// Waits for the head of an answer. When the client leaves meanwhile, the drainer goes on waiting.
pub(in crate::gateway) struct Awaited {
    waiting: Option<(Awaiting, Receipt)>,
    drainer: Drainer,
}

impl Awaited {
    pub(in crate::gateway) fn new(answer: Awaiting, receipt: Receipt, drainer: Drainer) -> Self {
        Self {
            waiting: Some((answer, receipt)),
            drainer,
        }
    }
}

impl Future for Awaited {
    type Output = (Result<UpstreamResponse, UpstreamError>, Receipt);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some((mut answer, receipt)) = self.waiting.take() else {
            return Poll::Pending;
        };
        match answer.as_mut().poll(cx) {
            Poll::Ready(result) => Poll::Ready((result, receipt)),
            Poll::Pending => {
                self.waiting = Some((answer, receipt));
                Poll::Pending
            }
        }
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        if let Some((answer, receipt)) = self.waiting.take() {
            self.drainer.finish(answer, receipt);
        }
    }
}
