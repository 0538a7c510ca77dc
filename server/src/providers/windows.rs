//! What readings of usage windows have in common. Answers of providers are bounded, as any input.

use serde_json::Value;

pub(super) const MAX_WINDOWS: usize = 20;
const MAX_NAME_LENGTH: usize = 100;

pub(super) fn cut(name: &str) -> String {
    name.chars().take(MAX_NAME_LENGTH).collect()
}

/// Claude's names for windows of the same length, so that both look alike.
pub(super) fn name_of_length(seconds: Option<u64>) -> Option<String> {
    const HOUR: u64 = 3600;
    match seconds? {
        0 => None,
        seconds if seconds == 5 * HOUR => Some("five_hour".to_owned()),
        seconds if seconds == 7 * 24 * HOUR => Some("seven_day".to_owned()),
        seconds => Some(format!("{}_hour", seconds.div_ceil(HOUR))),
    }
}

/// 0 to 100.
pub(super) fn percent(value: &Value) -> Option<i32> {
    #[expect(clippy::cast_possible_truncation, reason = "held within these bounds")]
    value
        .as_f64()
        .map(|percent| percent.clamp(0.0, 100.0).round() as i32)
}
