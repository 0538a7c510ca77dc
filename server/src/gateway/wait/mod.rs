//! Lets requests wait for a limit: bounded in time and number, in a fair order, and only as long as the client stays, its key
//! is valid and the server is not stopping. Nothing is charged to a request while it waits.

mod metrics;
#[cfg(test)]
mod tests;

use std::{
    future::{Future, poll_fn},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant as StdInstant},
};

use limits::{Attempt, AttemptResult, WaitList, WaitNews, WaitTicket, Waiter};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use self::metrics::WaitEnd;
pub(super) use self::metrics::WaitMetrics;
use super::dialect::GatewayError;
use crate::domain::{ledger::LimitError, requests::RequestRecord};

/// How a client ended its request before it was admitted.
#[derive(Debug)]
pub(super) enum ClientEnd {
    Left,
    /// Its body was sent too slowly, or does not fit into the memory of its user.
    Refused(GatewayError),
}

/// Why a request that waited is not admitted.
#[derive(Debug)]
pub(super) enum WaitError {
    /// `None` if other requests are before it in the line and nothing else is known.
    Limited(Option<LimitError>),
    Revoked,
    Stopping,
    Refused(GatewayError),
    ClientGone,
}

/// The line that a request joins, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct WaitRequest<'a> {
    pub(super) list: &'a WaitList,
    pub(super) waiter: Waiter,
    /// Cancelled when its key no longer works.
    pub(super) revoked: &'a CancellationToken,
    /// Zero if it is refused unless it is admitted immediately.
    pub(super) max_wait: Duration,
    /// The requests that may be in the line.
    pub(super) most: usize,
    /// The requests that may wait in all lines.
    pub(super) most_in_total: u32,
}

#[derive(Debug)]
pub(super) struct WaitControl {
    pub(super) metrics: WaitMetrics,
    /// Cancelled when the server stops.
    pub(super) stop: CancellationToken,
}

/// The result of the last attempt.
type Kept<T> = Arc<Mutex<Option<Result<T, LimitError>>>>;

impl WaitControl {
    /// Waits until `attempt` admits the request, or fails for a reason that waiting does not change. It is called by the
    /// task that frees the limit, in the order of the line. `earliest` is the known time until a request with this many before
    /// it can be admitted; if that is too long, the request is refused immediately. `client` resolves when the client has left.
    pub(super) async fn admit<T: Send + 'static>(
        &self,
        request: WaitRequest<'_>,
        client: impl Future<Output = ClientEnd>,
        earliest: impl FnOnce(usize) -> Option<Duration>,
        attempt: impl FnMut() -> Result<T, LimitError> + Send + 'static,
    ) -> Result<T, WaitError> {
        let WaitRequest {
            list,
            waiter,
            max_wait,
            ..
        } = request;
        let kept = Kept::<T>::default();
        let most = if max_wait.is_zero() {
            usize::MAX
        } else {
            request.most
        };
        let Some(ticket) = list.join(waiter, most, keeping(&kept, attempt)) else {
            self.metrics.ended(WaitEnd::Full);
            return Err(WaitError::Limited(None));
        };
        if ticket.has_ended() {
            return taken(ticket, &kept);
        }
        if max_wait.is_zero() {
            return taken(ticket, &kept);
        }
        let deadline = Instant::now() + max_wait;
        if earliest(ticket.ahead()).is_some_and(|wait| wait > max_wait) {
            self.metrics.ended(WaitEnd::TooLong);
            return taken(ticket, &kept);
        }
        let Some(mut waiting) = self.metrics.begin(request.most_in_total) else {
            self.metrics.ended(WaitEnd::Full);
            return taken(ticket, &kept);
        };
        let result = tokio::select! {
            biased;
            () = request.revoked.cancelled() => Err(WaitError::Revoked),
            () = self.stop.cancelled() => Err(WaitError::Stopping),
            () = ended(&ticket, list, deadline) => taken(ticket, &kept),
            end = client => Err(match end {
                ClientEnd::Left => WaitError::ClientGone,
                ClientEnd::Refused(error) => WaitError::Refused(error),
            }),
        };
        waiting.end(match &result {
            Ok(_) => WaitEnd::Admitted,
            Err(WaitError::Limited(_)) => WaitEnd::TimedOut,
            Err(WaitError::Revoked) => WaitEnd::Revoked,
            Err(WaitError::Stopping) => WaitEnd::Stopping,
            Err(WaitError::Refused(_) | WaitError::ClientGone) => WaitEnd::ClientGone,
        });
        result
    }
}

/// An attempt that keeps its result.
fn keeping<T: Send + 'static>(
    kept: &Kept<T>,
    mut attempt: impl FnMut() -> Result<T, LimitError> + Send + 'static,
) -> Attempt {
    let kept = Arc::clone(kept);
    Box::new(move || {
        let result = attempt();
        let blocked = result.as_ref().err().and_then(LimitError::blocked);
        *lock(&kept) = Some(result);
        blocked.map_or(AttemptResult::Ended, AttemptResult::Blocked)
    })
}

/// Leaves the line, after which no attempt is made, and takes the last result.
fn taken<T>(ticket: WaitTicket, kept: &Kept<T>) -> Result<T, WaitError> {
    drop(ticket);
    match lock(kept).take() {
        Some(Ok(admitted)) => Ok(admitted),
        Some(Err(error)) => Err(WaitError::Limited(Some(error))),
        None => Err(WaitError::Limited(None)),
    }
}

fn lock<T>(kept: &Mutex<Option<T>>) -> MutexGuard<'_, Option<T>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Resolves when the request is admitted or refused, at the deadline, or once it is known to be too far.
async fn ended(ticket: &WaitTicket, list: &WaitList, deadline: Instant) {
    let mut retry_at: Option<Instant> = None;
    loop {
        let wake_at = retry_at.map_or(deadline, |at| at.min(deadline));
        tokio::select! {
            news = poll_fn(|cx| ticket.poll_news(cx)) => match news {
                WaitNews::Ended => return,
                WaitNews::Blocked(after) => {
                    retry_at = after.map(|after| Instant::now() + after);
                    if retry_at.is_some_and(|at| at > deadline) {
                        return;
                    }
                }
            },
            () = sleep_until(wake_at) => {
                if Instant::now() >= deadline {
                    return;
                }
                retry_at = None;
                list.wake();
            }
        }
    }
}

/// Adds the time until it is dropped to the waiting time of the record.
#[derive(Debug)]
pub(super) struct WaitTimer<'a> {
    record: &'a mut RequestRecord,
    began: StdInstant,
}

impl<'a> WaitTimer<'a> {
    pub(super) fn start(record: &'a mut RequestRecord) -> Self {
        Self {
            record,
            began: StdInstant::now(),
        }
    }
}

impl Drop for WaitTimer<'_> {
    fn drop(&mut self) {
        let before = self.record.waited.unwrap_or_default();
        self.record.waited = Some(before + self.began.elapsed());
    }
}
