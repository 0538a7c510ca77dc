//! The return to the previous version.

use super::Inner;
use super::error::UpdateError;
use super::guard::UpdateGuard;
use super::progress::{UpdatePhase, UpdateProgress};
use crate::engine::versions::{PreviousProgram, UpdateKind, program};

impl Inner {
    /// Returns to the previous version; with a reason because the present one failed.
    pub(super) async fn return_to_previous(&self, guard: UpdateGuard, reason: Option<String>) {
        let kind = match reason {
            Some(_) => UpdateKind::AutomaticRollback,
            None => UpdateKind::Rollback,
        };
        let (replaced, previous) = match self.load().await {
            Ok(state) => (state.active.map(|active| active.version), state.previous),
            Err(_) => (None, None),
        };
        let version = previous
            .as_ref()
            .and_then(|previous| Some(previous.version()?.to_owned()));
        let shown = version.clone().unwrap_or_default();
        self.publish(UpdateProgress::of(UpdatePhase::Switching, &shown));
        let outcome = match previous {
            Some(previous) => self.switch_back(previous, kind).await,
            None => Err(UpdateError::NoPrevious),
        };
        if outcome.is_ok()
            && let Some(reason) = &reason
        {
            tracing::error!(
                reason,
                version,
                "the engine returned to its previous version"
            );
        }
        self.end(kind, (replaced, version), outcome, reason).await;
        drop(guard);
    }

    async fn switch_back(
        &self,
        previous: PreviousProgram,
        kind: UpdateKind,
    ) -> Result<(), UpdateError> {
        let path = match &previous {
            PreviousProgram::Installed(version) => program(&self.place.data_dir, version),
            PreviousProgram::Machine(_) => self
                .place
                .machine_program()
                .ok_or(UpdateError::NoPrevious)?,
        };
        self.switch(path).await?;
        let now = self.place.clock.now();
        self.record(move |state| state.swap(kind == UpdateKind::Rollback, now))
            .await?;
        Ok(())
    }
}
