//! Conversions to `f64`, and its bounds.

use chrono::TimeDelta;

/// A count as a number. Exact up to 2^53.
pub(crate) fn from_count(count: i64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of tokens and seconds are far below 2^53"
    )]
    let number = count as f64;
    number
}

pub(crate) fn from_len(len: usize) -> f64 {
    from_count(i64::try_from(len).unwrap_or(i64::MAX))
}

/// To the millisecond.
pub(crate) fn minutes(span: TimeDelta) -> f64 {
    from_count(span.num_milliseconds()) / 60_000.0
}

/// The number within these bounds; the lower bound if it is not a number.
pub(crate) fn bounded(number: f64, lowest: f64, highest: f64) -> f64 {
    if number.is_nan() {
        lowest
    } else {
        number.clamp(lowest, highest)
    }
}
