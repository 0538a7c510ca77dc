//! Records how an update or rollback ended.

use super::Inner;
use super::error::UpdateError;
use super::progress::UpdateProgress;
use crate::engine::versions::{LastUpdate, UpdateKind};

impl Inner {
    pub(super) async fn end(
        &self,
        kind: UpdateKind,
        version: Option<String>,
        outcome: Result<(), UpdateError>,
    ) {
        self.end_with(kind, version, outcome, None).await;
    }

    /// Records and publishes how an update ended.
    pub(super) async fn end_with(
        &self,
        kind: UpdateKind,
        version: Option<String>,
        outcome: Result<(), UpdateError>,
        cause: Option<String>,
    ) {
        let failed_checks = match &outcome {
            Err(UpdateError::TrialFailed(_, checks)) => checks.clone(),
            _ => Vec::new(),
        };
        let succeeded = outcome.is_ok();
        let reason = outcome.err().map(|error| error.to_string()).or(cause);
        if !succeeded {
            tracing::warn!(?kind, version, reason, "an update of the engine failed");
        }
        let last = LastUpdate {
            version,
            kind,
            ended_at: self.place.clock.now(),
            reason,
            succeeded,
            failed_checks,
        };
        if let Err(error) = self.record(move |state| state.last = Some(last)).await {
            tracing::warn!(%error, "the outcome of an update of the engine could not be recorded");
        }
        self.publish(UpdateProgress::default());
    }
}
