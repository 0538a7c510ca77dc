//! Validation of text input.

use chrono::{DateTime, Utc};

use super::{Error, Result};

/// Trims a text and insists on something of a bearable length.
pub(super) fn required(field: &str, value: &str, longest: usize) -> Result<String> {
    optional(field, Some(value), longest)?
        .ok_or_else(|| Error::BadInput(format!("{field} must not be empty")))
}

/// Trims a text; nothing but spaces is nothing.
pub(super) fn optional(field: &str, value: Option<&str>, longest: usize) -> Result<Option<String>> {
    let value = value.map(str::trim).filter(|value| !value.is_empty());
    let Some(value) = value else { return Ok(None) };
    if value.chars().count() > longest {
        return Err(Error::BadInput(format!(
            "{field} has at most {longest} characters"
        )));
    }
    if value
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        return Err(Error::BadInput(format!(
            "{field} must not have control characters"
        )));
    }
    Ok(Some(value.to_owned()))
}

/// Insists that something which ends has not ended.
pub(super) fn in_future(
    field: &str,
    time: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<()> {
    match time {
        Some(time) if time <= now => Err(Error::BadInput(format!("{field} must be in the future"))),
        _ => Ok(()),
    }
}

/// The end of a secret, to recognise it by.
pub(super) fn last_four(secret: &str) -> String {
    let skipped = secret.chars().count().saturating_sub(4);
    secret.chars().skip(skipped).collect()
}
