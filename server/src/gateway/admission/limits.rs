//! Limits that depend on the caller alone, and limits as errors.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::{
    domain::{
        ledger::{
            Ledger, LimitError, LimitKind, Metric, OpenSocket, RateLimitStatus, RequestSlot,
            rejected_by,
        },
        settings::Settings,
        users::api_keys::Caller,
    },
    gateway::dialect::GatewayError,
};

/// Taken when the head of a request has arrived.
#[derive(Debug)]
pub(in crate::gateway) struct RequestStart {
    /// One of the concurrent requests.
    pub(in crate::gateway) slot: RequestSlot,
    /// The caller's requests per minute, if they are limited.
    pub(in crate::gateway) rate_limits: Option<RateLimitStatus>,
}

/// Takes one of the requests per minute and one of the concurrent requests, before a byte of the body is read.
pub(in crate::gateway) fn start(
    settings: &Settings,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<RequestStart, GatewayError> {
    let defaults = settings.current().gateway.default_rate_limit;
    let start = Ledger::start(caller.account(), caller.api_key_id, defaults);
    match start.slot {
        Ok(slot) => Ok(RequestStart {
            slot,
            rate_limits: start.pacing,
        }),
        Err(limit) => Err(limit_error(limit, start.pacing, now)),
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
