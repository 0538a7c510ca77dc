//! Reads answers on whose client has left, up to their usage report and within limits, unless the settings cancel them.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::HttpBody as _;
use http_body_util::BodyExt as _;
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Receipt, RequestEnd};
use crate::{
    domain::settings::{AbortPolicy, GatewaySettings, Settings},
    gateway::forward::{UpstreamBody, UpstreamError, UpstreamResponse},
};

/// How long the engine may take to end an answer after its last event.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// Cheap to clone.
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

    /// Whether the grace period of the shutdown is over.
    pub(in crate::gateway) fn is_stopping(&self) -> bool {
        self.0.deadline.is_cancelled()
    }

    /// The number of answers that are drained now.
    pub(in crate::gateway) fn running(&self) -> u32 {
        self.0.running.load(Ordering::Relaxed)
    }

    pub(in crate::gateway) fn drain(&self, body: UpstreamBody, receipt: Receipt) {
        self.spawn(receipt, move |receipt, limits| {
            read_on(body, receipt, limits.drain_bytes)
        });
    }

    /// Reads the rest of an answer that is settled. If the connection were closed now, the engine would report the request as
    /// failed.
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

    /// Waits for an answer whose client left before it began, and drains it.
    fn finish<F>(&self, answer: F, receipt: Receipt)
    where
        F: Future<Output = Result<UpstreamResponse, UpstreamError>> + Send + 'static,
    {
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

    /// Runs `work` within the limits. The receipt is settled when it ends, is cancelled, or never begins.
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

    /// A slot for one more abandoned answer; `None` if the settings cancel it or all slots are taken.
    pub(in crate::gateway) fn slot(&self, settings: &GatewaySettings) -> Option<DrainSlot> {
        if settings.abort_policy == AbortPolicy::Cancel {
            return None;
        }
        let taken = DrainSlot::take(&self.0);
        (self.0.running.load(Ordering::Relaxed) <= settings.drain_concurrency).then_some(taken)
    }
}

/// One of the answers that are drained at the same time.
#[derive(Debug)]
pub(in crate::gateway) struct DrainSlot(Arc<Parts>);

impl DrainSlot {
    fn take(parts: &Arc<Parts>) -> Self {
        parts.running.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(parts))
    }
}

impl Drop for DrainSlot {
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

/// Waits for the head of an answer. When the client leaves meanwhile, the drainer waits on.
pub(in crate::gateway) struct Awaited<F>
where
    F: Future<Output = Result<UpstreamResponse, UpstreamError>> + Unpin + Send + 'static,
{
    /// `None` once the engine has answered.
    waiting: Option<(F, Receipt)>,
    drainer: Drainer,
}

impl<F> Awaited<F>
where
    F: Future<Output = Result<UpstreamResponse, UpstreamError>> + Unpin + Send + 'static,
{
    pub(in crate::gateway) fn new(answer: F, receipt: Receipt, drainer: Drainer) -> Self {
        Self {
            waiting: Some((answer, receipt)),
            drainer,
        }
    }
}

impl<F> Future for Awaited<F>
where
    F: Future<Output = Result<UpstreamResponse, UpstreamError>> + Unpin + Send + 'static,
{
    type Output = (Result<UpstreamResponse, UpstreamError>, Receipt);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some((answer, _)) = &mut self.waiting else {
            return Poll::Pending;
        };
        let result = ready!(Pin::new(answer).poll(cx));
        match self.waiting.take() {
            Some((_, receipt)) => Poll::Ready((result, receipt)),
            None => Poll::Pending,
        }
    }
}

impl<F> Drop for Awaited<F>
where
    F: Future<Output = Result<UpstreamResponse, UpstreamError>> + Unpin + Send + 'static,
{
    fn drop(&mut self) {
        if let Some((answer, receipt)) = self.waiting.take() {
            self.drainer.finish(answer, receipt);
        }
    }
}
