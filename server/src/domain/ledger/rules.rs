//! Stored quotas, rate limits and requests as the limits crate takes them.

use std::collections::BTreeMap;

use calendar::CalendarUnit;
use chrono::{DateTime, Utc};
use entity::{
    provider_account::ProviderKind,
    quota::{self, FreeModelPolicy, Metric, WindowKind},
    request::{self, Outcome},
};
use limits::{Amounts, Cost, LimitRaise, QuotaRule, QuotaWindow, RequestUsage, UnpricedPolicy};

use super::QuotaState;
use crate::domain::{
    Error, Result,
    tokens::{Tokens, tokens_of},
    usd,
};

/// A stored quota with its committed usage, by the start of the bucket. Fails when the stored window is invalid.
pub(in crate::domain) fn quota_state(
    quota: quota::Model,
    used: BTreeMap<i64, i64>,
) -> Result<QuotaState> {
    let rule = QuotaRule {
        id: quota.id,
        api_key_id: quota.api_key_id,
        metric: match quota.metric {
            Metric::Tokens => limits::Metric::Tokens,
            Metric::Cost => limits::Metric::Cost,
            Metric::Requests => limits::Metric::Requests,
        },
        limit: quota.limit,
        raise: quota.temporary_raise.as_ref().map(|raise| LimitRaise {
            amount: raise.amount,
            until: raise.until,
        }),
        window: read_window(quota.window, quota.rolling_seconds, &quota.timezone)?,
        provider: quota.provider.map(provider_number),
        model_pattern: quota.model_pattern.clone(),
        soft_percents: quota.soft_percents.0.clone(),
        strict: quota.strict,
        unpriced: match quota.unpriced {
            quota::UnpricedPolicy::Allow => UnpricedPolicy::Allow,
            quota::UnpricedPolicy::Assume => UnpricedPolicy::Assume,
            quota::UnpricedPolicy::Refuse => UnpricedPolicy::Refuse,
        },
        counts_free: quota.free_models == FreeModelPolicy::Refuse,
        format_cost: usd::print,
    };
    Ok(QuotaState::new(quota, rule, used))
}

/// The number of a provider in the limits crate.
pub(super) fn provider_number(provider: ProviderKind) -> u8 {
    provider as u8
}

/// A stored rate limit.
pub(in crate::domain) fn rate_limit(limit: entity::RateLimit) -> limits::RateLimit {
    limits::RateLimit {
        requests_per_minute: limit.requests_per_minute,
        tokens_per_minute: limit.tokens_per_minute,
        concurrent_requests: limit.concurrent_requests,
        concurrent_sockets: limit.concurrent_sockets,
        max_wait_seconds: limit.max_wait_seconds,
    }
}

/// The usage of a stored request; zero if it was rejected or is not metered.
pub(super) fn usage_of(row: &request::Model, at: DateTime<Utc>) -> RequestUsage {
    let is_zero = row.outcome == Outcome::Rejected || !row.protocol.generates();
    let amounts = Amounts {
        tokens: tokens_of(row).map_or(0, Tokens::total),
        cost: Cost::Priced(row.cost.unwrap_or(0)),
        requests: 1,
    };
    RequestUsage {
        api_key_id: row.api_key_id,
        provider: row.provider.map(provider_number),
        amounts: if is_zero { Amounts::default() } else { amounts },
        at,
    }
}

/// The window of a stored quota, or an error that names the field that is wrong.
pub(in crate::domain) fn read_window(
    kind: WindowKind,
    rolling_seconds: Option<i32>,
    timezone: &str,
) -> Result<QuotaWindow> {
    let zone = calendar::time_zone(timezone)?;
    let unit = match kind {
        WindowKind::Rolling => return rolling(rolling_seconds),
        _ if rolling_seconds.is_some() => {
            return Err(Error::bad_input(
                "rollingSeconds is for the window ROLLING; leave it out for any other",
            ));
        }
        WindowKind::Lifetime => return Ok(QuotaWindow::Lifetime),
        WindowKind::Hour => CalendarUnit::Hour,
        WindowKind::Day => CalendarUnit::Day,
        WindowKind::Week => CalendarUnit::Week,
        WindowKind::Month => CalendarUnit::Month,
    };
    Ok(QuotaWindow::Calendar { unit, zone })
}

fn rolling(seconds: Option<i32>) -> Result<QuotaWindow> {
    let Some(seconds) = seconds else {
        return Err(Error::bad_input("the window ROLLING needs rollingSeconds"));
    };
    let window = u32::try_from(seconds).ok().and_then(QuotaWindow::rolling);
    window.ok_or_else(|| {
        Error::bad_input("rollingSeconds must be between 60 and 34560000 (400 days)")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_window_is_read() {
        let read = |kind, seconds| read_window(kind, seconds, "Asia/Kathmandu");

        assert_eq!(
            read(WindowKind::Lifetime, None).unwrap(),
            QuotaWindow::Lifetime
        );
        assert_eq!(
            read(WindowKind::Hour, None).unwrap(),
            QuotaWindow::Calendar {
                unit: CalendarUnit::Hour,
                zone: chrono_tz::Asia::Kathmandu,
            }
        );
        for seconds in [60, 400 * 86_400] {
            let window = read(WindowKind::Rolling, Some(seconds)).unwrap();
            let seconds = seconds.try_into().unwrap();
            assert_eq!(window, QuotaWindow::Rolling { seconds });
        }
    }

    #[test]
    fn an_invalid_window_is_rejected_with_a_reason() {
        let cases = [
            (WindowKind::Day, None, "Mars/Olympus", "time zone"),
            (WindowKind::Day, Some(3600), "UTC", "leave it out"),
            (WindowKind::Lifetime, Some(3600), "UTC", "leave it out"),
            (WindowKind::Rolling, None, "UTC", "needs rollingSeconds"),
            (WindowKind::Rolling, Some(59), "UTC", "between 60"),
            (WindowKind::Rolling, Some(-60), "UTC", "between 60"),
            (
                WindowKind::Rolling,
                Some(400 * 86_400 + 1),
                "UTC",
                "400 days",
            ),
        ];
        for (kind, seconds, zone, words) in cases {
            let error = read_window(kind, seconds, zone).unwrap_err();
            assert_eq!(error.code(), "BAD_USER_INPUT");
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
