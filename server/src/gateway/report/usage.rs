//! The answer of `GET /v1/proxypal/usage`, for status lines and menu bars. `docs/agents.md` describes it; members may be added and
//! do not change their meaning.

use calendar::CalendarUnit;
use chrono::{DateTime, Utc};
use entity::RateLimit;
use serde_json::{Number, Value, json};

use super::text_of;
use crate::domain::{
    ledger::{Ledger, LimitOwner, Metric, QuotaState, QuotaWindow, RateLimitStatus, RateUsage},
    usage::Sums,
    usd,
    users::api_keys::Caller,
};

pub(super) fn report(
    caller: &Caller,
    defaults: RateLimit,
    (from, today): (DateTime<Utc>, Sums),
    now: DateTime<Utc>,
) -> Value {
    let mut quotas = Vec::new();
    let mut next_reset: Option<DateTime<Utc>> = None;
    caller.account().each_quota(|quota| {
        if quota.counts_key(caller.api_key_id) {
            let resets_at = quota.standing(now).resets_at;
            next_reset = [next_reset, resets_at].into_iter().flatten().min();
            quotas.push(of_quota(quota, now));
        }
    });
    let rates = Ledger::rates(caller.account(), caller.api_key_id, defaults);
    let rates: Vec<Value> = rates.iter().map(|rate| of_rate(rate, now)).collect();
    json!({
        "time": text_of(now),
        "api_key": {
            "id": caller.api_key_id,
            "expires_at": caller.expires_at().map(text_of),
        },
        "today": {
            "from": text_of(from),
            "requests": today.requests,
            "failed": today.failed,
            "rejected": today.rejected,
            "tokens": today.tokens.total(),
            "cost_usd": dollars(today.cost),
        },
        "next_reset_at": next_reset.map(text_of),
        "quotas": quotas,
        "rate_limits": rates,
    })
}

fn of_quota(quota: &QuotaState, now: DateTime<Utc>) -> Value {
    let rule = quota.rule();
    let status = quota.standing(now);
    let amount = |amount: i64| match rule.metric {
        Metric::Cost => dollars(amount),
        Metric::Tokens | Metric::Requests => Some(amount.into()),
    };
    let (window, seconds, zone) = match rule.window {
        QuotaWindow::Lifetime => ("lifetime", None, None),
        QuotaWindow::Rolling { seconds } => ("rolling", Some(seconds), None),
        QuotaWindow::Calendar { unit, zone } => (name_of(unit), None, Some(zone.name())),
    };
    json!({
        "metric": match rule.metric {
            Metric::Tokens => "tokens",
            Metric::Cost => "usd",
            Metric::Requests => "requests",
        },
        "window": window,
        "window_seconds": seconds,
        "time_zone": zone,
        "scope": scope(match rule.api_key_id {
            Some(_) => LimitOwner::Key,
            None => LimitOwner::User,
        }),
        "model": rule.model_pattern,
        "provider": quota.quota.provider,
        "limit": amount(rule.limit),
        "used": amount(status.used),
        "reserved": amount(status.reserved),
        "percent": i64::try_from(quota.level(now) / 10_000).unwrap_or(i64::MAX),
        "resets_at": status.resets_at.map(text_of),
    })
}

fn of_rate(rate: &RateUsage, now: DateTime<Utc>) -> Value {
    let status = |status: RateLimitStatus| {
        json!({
            "limit": status.limit,
            "remaining": status.remaining,
            "resets_at": text_of(now + status.resets_in),
        })
    };
    json!({
        "scope": scope(rate.holder),
        "requests_per_minute": rate.requests.map(status),
        "tokens_per_minute": rate.tokens.map(status),
        "concurrent_requests": rate.concurrent_requests.map(|limit| {
            json!({ "limit": limit, "running": rate.running })
        }),
    })
}

fn scope(owner: LimitOwner) -> &'static str {
    match owner {
        LimitOwner::User => "user",
        LimitOwner::Key => "key",
    }
}

fn name_of(unit: CalendarUnit) -> &'static str {
    match unit {
        CalendarUnit::Hour => "hour",
        CalendarUnit::Day => "day",
        CalendarUnit::Week => "week",
        CalendarUnit::Month => "month",
    }
}

/// Nano-dollars as dollars.
fn dollars(nanos: i64) -> Option<Number> {
    Number::from_f64(usd::print(nanos).parse().ok()?)
}
