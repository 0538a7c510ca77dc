//! Validation of text input.

use chrono::{DateTime, Utc};

use super::{Error, Result};

/// Trims a text; fails if it is empty or longer than `longest` characters.
pub(super) fn required(field: &str, value: &str, longest: usize) -> Result<String> {
    optional(field, Some(value), longest)?
        .ok_or_else(|| Error::BadInput(format!("{field} must not be empty")))
}

/// Trims a text; empty text becomes `None`.
pub(super) fn optional(field: &str, value: Option<&str>, longest: usize) -> Result<Option<String>> {
    let value = value.map(str::trim).filter(|value| !value.is_empty());
    let Some(value) = value else { return Ok(None) };
    if value.chars().count() > longest {
        return Err(Error::BadInput(format!(
            "{field} must have at most {longest} characters"
        )));
    }
    if value
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        return Err(Error::BadInput(format!(
            "{field} must not contain control characters"
        )));
    }
    Ok(Some(value.to_owned()))
}

/// Fails unless the time is in the future or `None`.
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

/// The last characters of a secret, shown to identify it.
pub(super) fn last_four(secret: &str) -> String {
    let skipped = secret.chars().count().saturating_sub(4);
    secret.chars().skip(skipped).collect()
}
