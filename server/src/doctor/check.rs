//! What was seen, how grave it is, and what helps.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Redaction;

/// How grave it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckResult {
    Ok,
    /// It works, and could be better or cannot be told.
    Warning,
    /// It does not work, or is dangerous.
    Problem,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    pub topic: &'static str,
    pub verdict: CheckResult,
    pub seen: String,
    /// What helps; none when nothing is wrong.
    pub remedy: Option<String>,
}

/// Everything that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct DoctorReport {
    /// Whether there is no problem. There may be warnings.
    pub well: bool,
    pub version: &'static str,
    pub examined_at: DateTime<Utc>,
    pub findings: Vec<Check>,
}

impl Check {
    pub(super) fn ok(topic: &'static str, seen: impl Into<String>) -> Self {
        Self {
            topic,
            verdict: CheckResult::Ok,
            seen: seen.into(),
            remedy: None,
        }
    }

    pub(super) fn warning(
        topic: &'static str,
        seen: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            verdict: CheckResult::Warning,
            remedy: Some(remedy.into()),
            ..Self::ok(topic, seen)
        }
    }

    pub(super) fn problem(
        topic: &'static str,
        seen: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            verdict: CheckResult::Problem,
            ..Self::warning(topic, seen, remedy)
        }
    }
}

impl DoctorReport {
    pub(super) fn new(examined_at: DateTime<Utc>, findings: Vec<Check>) -> Self {
        Self {
            well: findings
                .iter()
                .all(|check| check.verdict != CheckResult::Problem),
            version: env!("CARGO_PKG_VERSION"),
            examined_at,
            findings,
        }
    }

    /// The report on a configuration with which no server would start.
    pub fn of_mistakes(examined_at: DateTime<Utc>, mistakes: &str) -> Self {
        let remedy = "set these right; docs/configuration.md has every option";
        let check = Check::problem("configuration", mistakes, remedy);
        Self::new(examined_at, vec![check])
    }

    /// Takes out what must not be shown: causes come from many hands.
    #[must_use]
    pub fn redacted(mut self, redaction: &Redaction) -> Self {
        for check in &mut self.findings {
            check.seen = redaction.of_known(&check.seen);
            check.remedy = check
                .remedy
                .as_deref()
                .map(|remedy| redaction.of_known(remedy));
        }
        self
    }
}
