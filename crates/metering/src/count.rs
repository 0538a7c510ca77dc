//! Numbers that can be believed.

use crate::tokens::CREDIBLE;

/// Reads a count. What is negative, not whole or absurdly large is no count: as if it was not there.
pub(super) fn count(text: &str) -> Option<i64> {
    let count = text.parse().ok().or_else(|| whole(text))?;
    CREDIBLE.contains(&count).then_some(count)
}

/// `12.0` and `1.2e1` are twelve to some serializers.
fn whole(text: &str) -> Option<i64> {
    let number: f64 = text.parse().ok()?;
    let is_whole = number.fract() == 0.0 && number.abs() < 1e15;
    is_whole.then(|| format!("{number:.0}").parse().ok())?
}
