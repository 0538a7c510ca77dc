//! Shared parsing of usage windows. Responses of providers are bounded, like any input.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::provider_account::SubscriptionWindow;
use serde_json::Value;

pub(super) const MAX_WINDOWS: usize = 20;
const MAX_NAME_LENGTH: usize = 100;
const HOUR: u32 = 3600;

/// Parts of the names of headers that report limits.
const LIMIT_HEADERS: [&str; 3] = ["ratelimit", "x-codex-", "x-quota-"];
/// The ends of the names of headers that are read, or whose meaning is known and not used.
const READ_HEADERS: [&str; 9] = [
    "-utilization",
    "-status",
    "-reset",
    "-used-percent",
    "-window-minutes",
    "-reset-at",
    "-reset-after-seconds",
    "-limit",
    "-remaining",
];
const MAX_HEADERS: usize = 64;
const MAX_HEADER_LENGTH: usize = 512;

/// The headers of a provider's response that report limits, by lower-case name. Others are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitHeaders(BTreeMap<String, String>);

impl LimitHeaders {
    /// Reads an object with the values of each header; anything else is empty.
    #[must_use]
    pub fn of(headers: &Value) -> Self {
        let all = headers.as_object().into_iter().flatten();
        let limits = all.filter_map(|(name, values)| {
            let name = name.to_ascii_lowercase();
            let value = values.get(0).unwrap_or(values).as_str()?;
            let reports = LIMIT_HEADERS.iter().any(|part| name.contains(part));
            let fits = name.len().max(value.len()) <= MAX_HEADER_LENGTH;
            (reports && fits).then(|| (name, value.to_owned()))
        });
        Self(limits.take(MAX_HEADERS).collect())
    }

    /// The names of headers whose meaning is unknown.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        let names = self.0.keys().map(String::as_str);
        names.filter(|name| {
            let is_read = READ_HEADERS.iter().any(|end| name.ends_with(end));
            !is_read && !name.starts_with("x-quota-snapshot-")
        })
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The parts between `prefix` and `suffix` of the names of headers, with their values.
    pub(super) fn between<'a>(
        &'a self,
        prefix: &'a str,
        suffix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| {
            let middle = name.strip_prefix(prefix)?.strip_suffix(suffix)?;
            Some((middle, value.as_str()))
        })
    }
}

pub(super) fn cut(name: &str) -> String {
    name.chars().take(MAX_NAME_LENGTH).collect()
}

/// Claude's names for windows of the same length, so that both look alike.
pub(super) fn name_of_length(seconds: Option<u64>) -> Option<String> {
    match seconds? {
        0 => None,
        seconds if seconds == u64::from(5 * HOUR) => Some("five_hour".to_owned()),
        seconds if seconds == u64::from(7 * 24 * HOUR) => Some("seven_day".to_owned()),
        seconds => Some(format!("{}_hour", seconds.div_ceil(HOUR.into()))),
    }
}

/// The length of a window with such a name, in seconds.
pub(super) fn length_of_name(name: &str) -> Option<u32> {
    let is = |stem: &str| {
        name.strip_prefix(stem)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    if is("five_hour") {
        Some(5 * HOUR)
    } else if is("seven_day") {
        Some(7 * 24 * HOUR)
    } else {
        None
    }
}

/// 0 to 100.
pub(super) fn percent(value: &Value) -> Option<i32> {
    value.as_f64().and_then(rounded)
}

/// A percentage as text.
pub(super) fn percent_text(text: &str) -> Option<i32> {
    text.trim().parse().ok().and_then(rounded)
}

/// A fraction as text: 1 is 100 %.
pub(super) fn fraction_text(text: &str) -> Option<i32> {
    let fraction: f64 = text.trim().parse().ok()?;
    rounded(fraction * 100.0)
}

pub(super) fn rounded(percent: f64) -> Option<i32> {
    #[expect(clippy::cast_possible_truncation, reason = "held within these bounds")]
    percent
        .is_finite()
        .then(|| percent.clamp(0.0, 100.0).round() as i32)
}

/// Seconds since 1970 as text.
pub(super) fn unix_time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(text.trim().parse().ok()?, 0)
}

/// A window, with the length that its name implies.
pub(super) fn named(
    name: &str,
    used_percent: i32,
    resets_at: Option<DateTime<Utc>>,
) -> SubscriptionWindow {
    SubscriptionWindow {
        name: cut(name),
        used_percent,
        resets_at,
        length_seconds: length_of_name(name),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn headers_about_limits_that_are_not_read_are_unknown() {
        let headers = LimitHeaders::of(&json!({
            "Anthropic-Ratelimit-Unified-5h-Utilization": ["0.4"],
            "anthropic-ratelimit-unified-representative-claim": ["five_hour"],
            "x-codex-primary-used-percent": ["4"],
            "x-codex-credits-balance": ["3"],
            "x-quota-snapshot-chat": ["ent=1"],
            "content-type": ["application/json"],
        }));

        let unknown: Vec<_> = headers.unknown().collect();
        assert_eq!(
            unknown,
            [
                "anthropic-ratelimit-unified-representative-claim",
                "x-codex-credits-balance"
            ]
        );
    }
}
