//! The result of one check, and the report of all.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Redaction;

/// The severity of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckResult {
    Ok,
    /// It works but should be improved, or could not be checked.
    Warning,
    /// It does not work, or is a security risk.
    Problem,
}

/// One check and its result.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    pub topic: &'static str,
    pub result: CheckResult,
    pub observed: String,
    /// How to fix it; none when the result is `ok`.
    pub remedy: Option<String>,
}

/// All checks.
#[derive(Clone, Debug, Serialize)]
pub struct DoctorReport {
    /// Whether no check found a problem; warnings are allowed.
    pub ok: bool,
    pub version: &'static str,
    pub examined_at: DateTime<Utc>,
    pub checks: Vec<Check>,
}

impl Check {
    pub(super) fn ok(topic: &'static str, observed: impl Into<String>) -> Self {
        Self {
            topic,
            result: CheckResult::Ok,
            observed: observed.into(),
            remedy: None,
        }
    }

    pub(super) fn warning(
        topic: &'static str,
        observed: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            result: CheckResult::Warning,
            remedy: Some(remedy.into()),
            ..Self::ok(topic, observed)
        }
    }

    pub(super) fn problem(
        topic: &'static str,
        observed: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            result: CheckResult::Problem,
            ..Self::warning(topic, observed, remedy)
        }
    }
}

impl DoctorReport {
    pub(super) fn new(examined_at: DateTime<Utc>, checks: Vec<Check>) -> Self {
        Self {
            ok: checks
                .iter()
                .all(|check| check.result != CheckResult::Problem),
            version: env!("CARGO_PKG_VERSION"),
            examined_at,
            checks,
        }
    }

    /// The report on a configuration with which the server does not start.
    pub fn of_invalid_configuration(examined_at: DateTime<Utc>, mistakes: &str) -> Self {
        let remedy = "correct these; docs/configuration.md lists every option";
        let check = Check::problem("configuration", mistakes, remedy);
        Self::new(examined_at, vec![check])
    }

    /// Removes secrets: causes of errors come from libraries and may contain some.
    #[must_use]
    pub fn redacted(mut self, redaction: &Redaction) -> Self {
        for check in &mut self.checks {
            check.observed = redaction.of_known(&check.observed);
            check.remedy = check
                .remedy
                .as_deref()
                .map(|remedy| redaction.of_known(remedy));
        }
        self
    }
}
