//! How full the quotas are that count every request of a caller.

use calendar::CalendarUnit;
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{ledger::QuotaWindow, users::api_keys::Caller};

/// Millionths.
const FULL: u32 = 1_000_000;
const MINUTES_PER_DAY: u32 = 24 * 60;

/// The level of a quota that resets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) window: QuotaWindow,
    /// Used, in millionths of the limit; at most all of it.
    pub(super) used: u32,
    pub(super) resets_at: DateTime<Utc>,
}

impl Level {
    /// In minutes; of a month 30 days.
    pub(super) fn minutes(self) -> u32 {
        match self.window {
            QuotaWindow::Lifetime => u32::MAX,
            QuotaWindow::Rolling { seconds } => seconds.div_ceil(60),
            QuotaWindow::Calendar { unit, .. } => match unit {
                CalendarUnit::Hour => 60,
                CalendarUnit::Day => MINUTES_PER_DAY,
                CalendarUnit::Week => 7 * MINUTES_PER_DAY,
                CalendarUnit::Month => 30 * MINUTES_PER_DAY,
            },
        }
    }

    /// The warning that the level has reached: 0.75 or 0.95.
    pub(super) fn warning(self) -> Option<&'static str> {
        match self.used {
            950_000.. => Some("0.95"),
            750_000.. => Some("0.75"),
            _ => None,
        }
    }
}

/// Visits the levels of the quotas that reset and count every request with the caller's key. Others would be read as limits on models
/// that they do not count.
pub(super) fn each_level(caller: &Caller, now: DateTime<Utc>, mut visit: impl FnMut(Level)) {
    caller.account().each_quota(|quota| {
        let window = quota.rule().window;
        if window == QuotaWindow::Lifetime || !quota.counts_all_of(caller.api_key_id) {
            return;
        }
        let resets_at = quota.standing(now).resets_at;
        visit(Level {
            window,
            used: u32::try_from(quota.level(now).clamp(0, FULL.into())).unwrap_or(FULL),
            resets_at: resets_at.unwrap_or_else(|| unused_until(window, now)),
        });
    });
}

/// A rolling window without usage would reset after its length.
fn unused_until(window: QuotaWindow, now: DateTime<Utc>) -> DateTime<Utc> {
    let QuotaWindow::Rolling { seconds } = window else {
        return now;
    };
    now + TimeDelta::seconds(seconds.into())
}
