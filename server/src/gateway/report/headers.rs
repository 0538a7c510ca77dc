//! The limits of a caller as headers of an answer, in the form that Claude Code and Codex show. `docs/verbatim.md` lists them.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, Utc};

use super::level::{Level, each_level};
use crate::{
    domain::{ledger::QuotaWindow, users::api_keys::Caller},
    gateway::dialect::Dialect,
};

const FIVE_HOURS: u32 = 5 * 60 * 60;
const SEVEN_DAYS: u32 = 7 * 24 * 60 * 60;
/// An overage that is used up would be read as refused.
const ALMOST_FULL: u32 = 999_999;

/// Adds the limits to a successful answer. The provider's own headers of this kind were removed: they describe an account that
/// users share. Adds nothing for a caller without a quota that fits.
pub(in crate::gateway) fn add_limits(
    headers: &mut HeaderMap,
    dialect: Dialect,
    caller: &Caller,
    now: DateTime<Utc>,
) {
    match dialect {
        Dialect::Anthropic => Claude::of(caller, now).add(headers),
        Dialect::Responses => Codex::of(caller, now).add(headers),
        Dialect::OpenAi | Dialect::Gemini => {}
    }
}

/// The fullest quota of each kind that Claude Code knows.
#[derive(Default)]
struct Claude {
    five_hours: Option<Level>,
    seven_days: Option<Level>,
    calendar: Option<Level>,
}

impl Claude {
    fn of(caller: &Caller, now: DateTime<Utc>) -> Self {
        let mut claude = Self::default();
        each_level(caller, now, |level| {
            let kind = match level.window {
                QuotaWindow::Rolling {
                    seconds: FIVE_HOURS,
                } => &mut claude.five_hours,
                QuotaWindow::Rolling {
                    seconds: SEVEN_DAYS,
                } => &mut claude.seven_days,
                QuotaWindow::Calendar { .. } => &mut claude.calendar,
                QuotaWindow::Rolling { .. } | QuotaWindow::Lifetime => return,
            };
            if kind.is_none_or(|other| other.used < level.used) {
                *kind = Some(level);
            }
        });
        claude
    }

    fn add(self, headers: &mut HeaderMap) {
        let windows = [
            ("five_hour", self.five_hours),
            ("seven_day", self.seven_days),
            ("overage", self.calendar),
        ];
        let known = windows
            .iter()
            .filter_map(|(claim, level)| Some((*claim, (*level)?)));
        let Some((claim, fullest)) = known.max_by_key(|(_, level)| level.used) else {
            return;
        };
        insert(headers, CLAIM, HeaderValue::from_static(claim));
        insert(headers, STATUS, status(fullest));
        insert(headers, RESET, reset(fullest));
        for (names, level) in [
            (FIVE_HOUR_WINDOW, self.five_hours),
            (SEVEN_DAY_WINDOW, self.seven_days),
            (OVERAGE, self.calendar.map(almost_full)),
        ] {
            if let Some(level) = level {
                add_window(headers, names, level);
            }
        }
    }
}

const CLAIM: &str = "anthropic-ratelimit-unified-representative-claim";
const STATUS: &str = "anthropic-ratelimit-unified-status";
const RESET: &str = "anthropic-ratelimit-unified-reset";

/// Status, utilization, reset and threshold.
type WindowNames = [&'static str; 4];

const FIVE_HOUR_WINDOW: WindowNames = [
    "anthropic-ratelimit-unified-5h-status",
    "anthropic-ratelimit-unified-5h-utilization",
    "anthropic-ratelimit-unified-5h-reset",
    "anthropic-ratelimit-unified-5h-surpassed-threshold",
];
const SEVEN_DAY_WINDOW: WindowNames = [
    "anthropic-ratelimit-unified-7d-status",
    "anthropic-ratelimit-unified-7d-utilization",
    "anthropic-ratelimit-unified-7d-reset",
    "anthropic-ratelimit-unified-7d-surpassed-threshold",
];
const OVERAGE: WindowNames = [
    "anthropic-ratelimit-unified-overage-status",
    "anthropic-ratelimit-unified-overage-utilization",
    "anthropic-ratelimit-unified-overage-reset",
    "anthropic-ratelimit-unified-overage-surpassed-threshold",
];

fn almost_full(level: Level) -> Level {
    Level {
        used: level.used.min(ALMOST_FULL),
        ..level
    }
}

fn add_window(headers: &mut HeaderMap, names: WindowNames, level: Level) {
    let [of_status, utilization, of_reset, threshold] = names;
    insert(headers, of_status, status(level));
    let (whole, rest) = (level.used / 1_000_000, level.used % 1_000_000);
    insert(headers, utilization, text(format!("{whole}.{rest:06}")));
    insert(headers, of_reset, reset(level));
    if let Some(warning) = level.warning() {
        insert(headers, threshold, HeaderValue::from_static(warning));
    }
}

/// The two fullest quotas.
#[derive(Default)]
struct Codex([Option<Level>; 2]);

impl Codex {
    fn of(caller: &Caller, now: DateTime<Utc>) -> Self {
        let mut codex = Self::default();
        each_level(caller, now, |level| {
            let [fullest, second] = &mut codex.0;
            if fullest.is_none_or(|other| other.used < level.used) {
                *second = fullest.replace(level);
            } else if second.is_none_or(|other| other.used < level.used) {
                *second = Some(level);
            }
        });
        codex
    }

    /// The shorter window first, as the provider sends them.
    fn add(self, headers: &mut HeaderMap) {
        let mut levels = self.0;
        levels.sort_by_key(|level| level.map_or(u32::MAX, Level::minutes));
        for (names, level) in [PRIMARY, SECONDARY].into_iter().zip(levels) {
            let (Some(level), [percent, minutes, of_reset]) = (level, names) else {
                continue;
            };
            let (whole, tenths) = (level.used / 10_000, level.used / 1_000 % 10);
            insert(headers, percent, text(format!("{whole}.{tenths}")));
            insert(headers, minutes, HeaderValue::from(level.minutes()));
            insert(headers, of_reset, reset(level));
        }
    }
}

/// Used percent, minutes of the window and reset.
type CodexNames = [&'static str; 3];

const PRIMARY: CodexNames = [
    "x-codex-primary-used-percent",
    "x-codex-primary-window-minutes",
    "x-codex-primary-reset-at",
];
const SECONDARY: CodexNames = [
    "x-codex-secondary-used-percent",
    "x-codex-secondary-window-minutes",
    "x-codex-secondary-reset-at",
];

fn status(level: Level) -> HeaderValue {
    HeaderValue::from_static(match level.warning() {
        Some(_) => "allowed_warning",
        None => "allowed",
    })
}

/// In seconds since 1970.
fn reset(level: Level) -> HeaderValue {
    HeaderValue::from(level.resets_at.timestamp())
}

fn text(number: String) -> HeaderValue {
    // A digit is a character that a header may have.
    HeaderValue::from_maybe_shared(bytes::Bytes::from(number))
        .unwrap_or(HeaderValue::from_static("0"))
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: HeaderValue) {
    headers.insert(HeaderName::from_static(name), value);
}
