//! The refresh of the engine's model catalogue, as its log reports it.
//!
//! The addresses and the interval are fixed in the engine (read in 7.2.140): a server without access to them turns the
//! refresh off.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// The addresses, in the order in which the engine tries them.
pub const ADDRESSES: [&str; 2] = [
    "https://raw.githubusercontent.com/router-for-me/models/refs/heads/main/models.json",
    "https://models.router-for.me/models.json",
];
/// The time between two refreshes; the first one follows the start.
pub const INTERVAL: Duration = Duration::from_hours(3);

/// The engine's reports on its catalogue since it started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogueRefresh {
    /// Whether the running engine refreshes it.
    pub enabled: bool,
    /// The last success.
    pub refreshed_at: Option<DateTime<Utc>>,
    /// The address that the last success came from.
    pub refreshed_from: Option<String>,
    /// The last failure; none after a later success.
    pub failed_at: Option<DateTime<Utc>>,
    /// The last success, of an earlier process too; before the first one, the start of the first process that refreshes
    /// it. None while it is not refreshed.
    pub due_since: Option<DateTime<Utc>>,
}

/// A refresh in the engine's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefreshOutcome<'a> {
    /// Read from this address.
    Refreshed(&'a str),
    /// No address returned a valid catalogue.
    Failed,
}

/// Reads the outcome of a refresh of the models from a line of the log. The catalogue of Codex's model descriptions is
/// refreshed too and is not meant.
pub(super) fn parse(message: &str) -> Option<RefreshOutcome<'_>> {
    const DONE: &str = " model refresh completed from ";
    if message.contains("Codex client model refresh") {
        return None;
    }
    if let Some((_, rest)) = message.split_once(DONE) {
        return Some(RefreshOutcome::Refreshed(rest.split(',').next()?.trim()));
    }
    message
        .contains(" model refresh: fetch failed")
        .then_some(RefreshOutcome::Failed)
}

impl CatalogueRefresh {
    /// The state of a process that starts now and refreshes the catalogue or does not.
    pub(super) fn restarted(&self, enabled: bool, now: DateTime<Utc>) -> Self {
        Self {
            enabled,
            due_since: enabled.then(|| self.due_since.unwrap_or(now)),
            ..Self::default()
        }
    }

    /// Notes an outcome.
    pub(super) fn note(&mut self, outcome: RefreshOutcome<'_>, now: DateTime<Utc>) {
        match outcome {
            RefreshOutcome::Refreshed(address) => {
                self.refreshed_at = Some(now);
                self.refreshed_from = Some(address.to_owned());
                self.failed_at = None;
                self.due_since = Some(now);
            }
            RefreshOutcome::Failed => self.failed_at = Some(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines were recorded from the engine.
    #[test]
    fn reads_the_outcome_of_a_refresh_from_the_log() {
        let changed = "[model_updater.go:139] startup model refresh completed from https://a.example/models.json, changes detected for providers: [claude xai]";
        let same = "[model_updater.go:135] periodic model refresh completed from https://b.example/models.json, no changes detected";
        let failed = "[model_updater.go:118] startup model refresh: fetch failed from all URLs, keeping current data";
        let other = "[codex_client_models_updater.go:58] startup Codex client model refresh completed from https://a.example/codex.json, catalog updated";

        let refreshed = |address| Some(RefreshOutcome::Refreshed(address));
        assert_eq!(parse(changed), refreshed("https://a.example/models.json"));
        assert_eq!(parse(same), refreshed("https://b.example/models.json"));
        assert_eq!(parse(failed), Some(RefreshOutcome::Failed));
        assert_eq!(parse(other), None);
        assert_eq!(parse("full client load complete - 3 clients"), None);
    }
}
