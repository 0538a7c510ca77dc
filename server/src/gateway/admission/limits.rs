//! Limits that depend on the caller alone, and limits as errors.

use std::{future::Future, sync::Arc, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use limits::{WaitRules, Waiter};

use super::AdmissionControl;
use crate::{
    domain::{
        ledger::{
            Ledger, LimitError, LimitKind, Metric, OpenSocket, RateLimitStatus, RequestSlot,
            Reservation, Start, rejected_by,
        },
        requests::RequestRecord,
        settings::Settings,
        users::api_keys::Caller,
    },
    gateway::{
        dialect::GatewayError,
        trace::RequestSpan,
        wait::{ClientEnd, WaitError, WaitRequest, WaitTimer},
    },
};

/// When to try again on the next server while this one stops.
const RECOVERY: Duration = Duration::from_secs(1);

/// Taken when the head of a request has arrived.
#[derive(Debug)]
pub(in crate::gateway) struct RequestStart {
    /// One of the concurrent requests.
    pub(in crate::gateway) slot: RequestSlot,
    /// The caller's requests per minute, if they are limited.
    pub(in crate::gateway) rate_limits: Option<RateLimitStatus>,
}

/// Why a request has not started.
#[derive(Debug)]
pub(in crate::gateway) enum StartError {
    Refused(GatewayError),
    /// A limit blocks it, or others wait before it: [`AdmissionControl::start_waiting`] may still admit it.
    MayWait,
}

/// How a request left the line that it waited in.
#[derive(Debug)]
pub(in crate::gateway) enum NotAdmitted {
    Refused(GatewayError),
    ClientGone,
}

impl AdmissionControl {
    /// Takes one of the requests per minute and one of the concurrent requests, before a byte of the body is read.
    pub(in crate::gateway) fn start(
        &self,
        caller: &Caller,
        now: DateTime<Utc>,
    ) -> Result<RequestStart, StartError> {
        if !caller.account().waiting().is_empty() {
            return Err(StartError::MayWait);
        }
        let start = self.try_start(caller);
        match start.slot {
            Ok(slot) => Ok(RequestStart {
                slot,
                rate_limits: start.pacing,
            }),
            Err(limit) if limit.blocked().is_some() && !self.max_wait(caller).is_zero() => {
                Err(StartError::MayWait)
            }
            Err(limit) => Err(StartError::Refused(limit_error(limit, start.pacing, now))),
        }
    }

    /// Does the same once the limits allow it, in the order of the requests of the user that wait.
    pub(in crate::gateway) async fn start_waiting(
        &self,
        caller: &Caller,
        (uses_tokens, span): (bool, &RequestSpan),
        record: &mut RequestRecord,
        client: impl Future<Output = ClientEnd>,
    ) -> Result<RequestStart, NotAdmitted> {
        let now = record.started_at;
        let request = self.wait_request(caller, uses_tokens, record);
        let account = Arc::clone(caller.account());
        let (settings, api_key_id) = (self.settings.clone(), caller.api_key_id);
        let attempt = move || {
            let defaults = settings.current().gateway.default_rate_limit;
            let start = Ledger::start(&account, api_key_id, defaults);
            let rate_limits = start.pacing;
            start.slot.map(|slot| RequestStart { slot, rate_limits })
        };
        let earliest = |ahead| self.earliest(caller, ahead);
        let (_timer, _span) = (WaitTimer::start(record), span.waiting(&self.traces));
        let started = self.waits.admit(request, client, earliest, attempt).await;
        self.checked(caller, started, now)
    }

    /// Reserves once the tokens per minute allow it, and starts again: a request holds nothing while it waits.
    pub(super) async fn reserve_waiting(
        &self,
        caller: &Caller,
        span: &RequestSpan,
        record: &mut RequestRecord,
        client: impl Future<Output = ClientEnd>,
        attempt: impl FnMut() -> Result<Reservation, LimitError> + Send + 'static,
    ) -> Result<Reservation, NotAdmitted> {
        let now = record.started_at;
        let request = self.wait_request(caller, true, record);
        let (_timer, _span) = (WaitTimer::start(record), span.waiting(&self.traces));
        let reserved = self.waits.admit(request, client, |_| None, attempt).await;
        self.checked(caller, reserved, now)
    }

    /// How long a request of this caller may wait in total.
    pub(super) fn max_wait(&self, caller: &Caller) -> Duration {
        self.wait_rules(caller).max_wait
    }

    fn wait_rules(&self, caller: &Caller) -> WaitRules {
        let defaults = self.settings.current().gateway.default_rate_limit;
        Ledger::wait_rules(caller.account(), caller.api_key_id, defaults)
    }

    fn wait_request<'a>(
        &self,
        caller: &'a Caller,
        uses_tokens: bool,
        record: &RequestRecord,
    ) -> WaitRequest<'a> {
        let WaitRules { max_wait, most } = self.wait_rules(caller);
        WaitRequest {
            list: caller.account().waiting(),
            waiter: Waiter {
                // Limits of users are not shared, so that all in a line are of one user.
                rank: 0,
                api_key_id: caller.api_key_id,
                uses_tokens,
            },
            revoked: caller.revoked(),
            max_wait: max_wait.saturating_sub(record.waited.unwrap_or_default()),
            most,
            most_in_total: self.settings.current().gateway.max_waiting,
        }
    }

    fn earliest(&self, caller: &Caller, ahead: usize) -> Option<Duration> {
        let requests = u64::try_from(ahead).unwrap_or(u64::MAX).saturating_add(1);
        let defaults = self.settings.current().gateway.default_rate_limit;
        Ledger::known_wait(caller.account(), caller.api_key_id, defaults, requests)
    }

    fn try_start(&self, caller: &Caller) -> Start {
        let defaults = self.settings.current().gateway.default_rate_limit;
        Ledger::start(caller.account(), caller.api_key_id, defaults)
    }

    /// An expired key is not admitted: nothing cancels the requests that wait with it.
    fn checked<T>(
        &self,
        caller: &Caller,
        result: Result<T, WaitError>,
        now: DateTime<Utc>,
    ) -> Result<T, NotAdmitted> {
        let admitted = result.map_err(|error| self.not_admitted(caller, error, now))?;
        match self.keys.renew(caller) {
            Ok(_) => Ok(admitted),
            Err(problem) => Err(NotAdmitted::Refused(GatewayError::of_key(problem))),
        }
    }

    fn not_admitted(&self, caller: &Caller, error: WaitError, now: DateTime<Utc>) -> NotAdmitted {
        let defaults = self.settings.current().gateway.default_rate_limit;
        let (account, key) = (caller.account(), caller.api_key_id);
        NotAdmitted::Refused(match error {
            WaitError::ClientGone => return NotAdmitted::ClientGone,
            WaitError::Refused(error) => error,
            WaitError::Revoked => GatewayError::of_key(self.keys.renew(caller).err().flatten()),
            WaitError::Stopping => GatewayError::Overloaded {
                retry_after: RECOVERY,
            },
            WaitError::Limited(limit) => {
                let limit = limit.unwrap_or_else(|| Ledger::refusal_behind(account, key, defaults));
                limit_error(limit, Ledger::pacing(account, key, defaults), now)
            }
        })
    }
}

/// Counts a WebSocket until the result is dropped.
pub(in crate::gateway) fn open_socket(
    settings: &Settings,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<OpenSocket, GatewayError> {
    let defaults = settings.current().gateway.default_rate_limit;
    Ledger::open_socket(caller.account(), caller.api_key_id, defaults)
        .map_err(|limit| limit_error(limit, None, now))
}

pub(super) fn limit_error(
    error: LimitError,
    rate_limits: Option<RateLimitStatus>,
    now: DateTime<Utc>,
) -> GatewayError {
    let rejected_by = Some(Box::new(rejected_by(&error, now)));
    match error {
        LimitError::Rate {
            kind,
            limit,
            retry_after,
            ..
        } => GatewayError::RateLimited {
            kind,
            retry_after,
            limit,
            rate_limits,
            rejected_by,
        },
        LimitError::Quota {
            metric,
            quota,
            rejecting,
        } => GatewayError::QuotaExceeded {
            kind: LimitKind::Quota(metric),
            retry_after: rejecting
                .resets_at
                .and_then(|end| (end - now).to_std().ok()),
            limit: match rejecting.resets_at {
                Some(end) => {
                    let end = end.to_rfc3339_opts(SecondsFormat::Secs, true);
                    format!("{quota}; it resets at {end}")
                }
                None => quota,
            },
            rejected_by,
        },
        LimitError::Unpriced { quota, .. } => GatewayError::Unpriced {
            kind: LimitKind::Quota(Metric::Cost),
            model: None,
            quota,
            rejected_by,
        },
        LimitError::Unbounded {
            metric,
            quota,
            is_unpriced,
            ..
        } => GatewayError::Unbounded {
            kind: LimitKind::Quota(metric),
            quota,
            remedy: if is_unpriced {
                "Ask for a model that has a price"
            } else {
                "Set max_tokens (or what the protocol calls it) once, as a positive integer, and send the length of the body"
            },
            rejected_by,
        },
    }
}
