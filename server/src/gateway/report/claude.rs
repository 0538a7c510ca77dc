//! The report that Claude Code asks for in its mode for gateways: the budget in the calendar, in cents.

use calendar::CalendarUnit;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::text_of;
use crate::domain::{
    ledger::{Metric, QuotaWindow},
    usd::DOLLAR,
    users::api_keys::Caller,
};

const CENT: i64 = DOLLAR / 100;

/// The fullest budget of the caller, as far as Claude Code can show it.
struct Budget {
    limit: i64,
    used: i64,
    /// Millionths.
    level: i128,
    group: &'static str,
    resets_at: DateTime<Utc>,
}

pub(super) fn report(caller: &Caller, now: DateTime<Utc>) -> Value {
    let mut fullest: Option<Budget> = None;
    caller.account().each_quota(|quota| {
        let rule = quota.rule();
        let QuotaWindow::Calendar { unit, .. } = rule.window else {
            return;
        };
        let status = quota.standing(now);
        let (Some(group), Some(resets_at)) = (group(unit), status.resets_at) else {
            return;
        };
        let level = quota.level(now);
        let is_fuller = fullest.as_ref().is_none_or(|other| other.level < level);
        if rule.metric == Metric::Cost && quota.counts_all_of(caller.api_key_id) && is_fuller {
            fullest = Some(Budget {
                limit: rule.limit,
                used: status.used,
                level,
                group,
                resets_at,
            });
        }
    });
    of_budget(fullest.as_ref())
}

fn of_budget(budget: Option<&Budget>) -> Value {
    let Some(budget) = budget else {
        return json!({
            "extra_usage": {
                "is_enabled": true,
                "monthly_limit": null,
                "used_credits": null,
                "utilization": null,
                "currency": "USD",
            },
            "limits": [],
        });
    };
    let percent = i64::try_from(budget.level / 10_000).unwrap_or(i64::MAX);
    json!({
        "extra_usage": {
            "is_enabled": true,
            "monthly_limit": budget.limit / CENT,
            "used_credits": budget.used / CENT,
            "utilization": percent,
            "currency": "USD",
        },
        "limits": [{
            "kind": "spend",
            "group": budget.group,
            "percent": percent,
            "resets_at": text_of(budget.resets_at),
            "severity": "normal",
            "is_active": true,
        }],
    })
}

fn group(unit: CalendarUnit) -> Option<&'static str> {
    match unit {
        CalendarUnit::Hour => None,
        CalendarUnit::Day => Some("daily"),
        CalendarUnit::Week => Some("weekly"),
        CalendarUnit::Month => Some("monthly"),
    }
}
