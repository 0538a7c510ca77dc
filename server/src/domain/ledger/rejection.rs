//! The limit that rejected a request, as the request log keeps it.

use std::time::Duration;

use calendar::CalendarUnit;
use chrono::{DateTime, Utc};
use entity::{
    provider_account::ProviderKind,
    quota::WindowKind,
    request_failure::{LimitScope, RejectedBy, RejectingLimit, RejectingQuota},
};
use limits::{LimitError, LimitKind, LimitOwner, LimitState, Metric, QuotaWindow};
use sea_orm::Iterable as _;

use super::rules::provider_number;

/// The state of the limit that rejected a request at this time.
pub fn rejected_by(error: &LimitError, at: DateTime<Utc>) -> RejectedBy {
    match error {
        LimitError::Rate {
            kind,
            retry_after,
            state,
            ..
        } => of_state(*kind, **state, after(at, *retry_after)),
        LimitError::Quota {
            metric, rejecting, ..
        }
        | LimitError::Unbounded {
            metric, rejecting, ..
        } => of_quota(*metric, rejecting),
        LimitError::Unpriced { rejecting, .. } => of_quota(Metric::Cost, rejecting),
    }
}

fn of_quota(metric: Metric, rejecting: &limits::RejectingQuota) -> RejectedBy {
    let (kind, resets_at) = (LimitKind::Quota(metric), rejecting.resets_at);
    RejectedBy {
        quota: Some(quota(rejecting)),
        ..of_state(kind, rejecting.state, resets_at)
    }
}

fn of_state(kind: LimitKind, state: LimitState, resets_at: Option<DateTime<Utc>>) -> RejectedBy {
    RejectedBy {
        kind: match kind {
            LimitKind::RequestsPerMinute => RejectingLimit::RequestsPerMinute,
            LimitKind::TokensPerMinute => RejectingLimit::TokensPerMinute,
            LimitKind::ConcurrentRequests => RejectingLimit::ConcurrentRequests,
            LimitKind::ConcurrentSockets => RejectingLimit::ConcurrentSockets,
            LimitKind::Quota(Metric::Tokens) => RejectingLimit::QuotaTokens,
            LimitKind::Quota(Metric::Cost) => RejectingLimit::QuotaCost,
            LimitKind::Quota(Metric::Requests) => RejectingLimit::QuotaRequests,
        },
        scope: match state.holder {
            LimitOwner::User => LimitScope::User,
            LimitOwner::Key => LimitScope::Key,
        },
        limit: state.limit,
        used: state.used,
        reserved: state.reserved,
        needed: state.needed,
        resets_at: resets_at.map(|at| at.timestamp_micros()),
        quota: None,
    }
}

fn after(at: DateTime<Utc>, wait: Duration) -> Option<DateTime<Utc>> {
    at.checked_add_signed(chrono::TimeDelta::from_std(wait).ok()?)
}

fn quota(rejecting: &limits::RejectingQuota) -> RejectingQuota {
    let (window, rolling_seconds, zone) = match rejecting.window {
        QuotaWindow::Lifetime => (WindowKind::Lifetime, None, None),
        QuotaWindow::Rolling { seconds } => (WindowKind::Rolling, Some(seconds), None),
        QuotaWindow::Calendar { unit, zone } => (kind(unit), None, Some(zone)),
    };
    let number = rejecting.provider;
    RejectingQuota {
        id: rejecting.id,
        window,
        rolling_seconds,
        timezone: zone.map(|zone| zone.name().to_owned()),
        provider: number
            .and_then(|number| ProviderKind::iter().find(|kind| provider_number(*kind) == number)),
        model_pattern: rejecting.model_pattern.clone(),
    }
}

fn kind(unit: CalendarUnit) -> WindowKind {
    match unit {
        CalendarUnit::Hour => WindowKind::Hour,
        CalendarUnit::Day => WindowKind::Day,
        CalendarUnit::Week => WindowKind::Week,
        CalendarUnit::Month => WindowKind::Month,
    }
}
