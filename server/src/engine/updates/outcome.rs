//! Records how an update or rollback ended.

use std::sync::Arc;

use serde_json::json;

use super::Inner;
use super::error::UpdateError;
use super::progress::UpdateProgress;
use crate::domain::audit::{AuditChange, AuditContext, AuditSubject};
use crate::engine::versions::{LastUpdate, UpdateKind};

/// The engine's last error is part of the reason.
const MAX_REASON_CHARS: usize = 500;

impl Inner {
    /// Records and publishes how a change from one version to another ended; with its cause if it is a rollback of the
    /// server's own.
    pub(super) async fn end(
        &self,
        kind: UpdateKind,
        (replaced, version): (Option<String>, Option<String>),
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
            replaced,
            kind,
            ended_at: self.place.clock.now(),
            reason,
            succeeded,
            failed_checks,
        };
        let recorded = last.clone();
        let stored = self.record(move |state| state.last = Some(recorded)).await;
        if let Err(error) = &stored {
            tracing::warn!(%error, "the outcome of an update of the engine could not be recorded");
        }
        // It is shown although it could not be stored, until another one has ended.
        let unstored = stored.is_err().then(|| Arc::new(last.clone()));
        self.unstored.store(unstored);
        self.publish(UpdateProgress::default());
        if kind == UpdateKind::AutomaticRollback {
            self.audit_rollback(&last).await;
        }
    }

    /// No administrator has caused it, so the server records it.
    async fn audit_rollback(&self, last: &LastUpdate) {
        let context = AuditContext::system("rollBackEngine");
        context.about(AuditSubject::new("engine", "engine"));
        let reason = last.reason.as_deref().unwrap_or_default();
        let reason: String = reason.chars().take(MAX_REASON_CHARS).collect();
        let change = json!({ "from": last.replaced, "to": last.version, "reason": reason });
        let change = if last.succeeded {
            AuditChange::done(Some(change))
        } else {
            AuditChange::failed(Some(change), "ENGINE_UNAVAILABLE")
        };
        if let Err(error) = self.audit.note(&context, change).await {
            tracing::warn!(%error, "the audit event of a rollback of the engine could not be recorded");
        }
    }
}
