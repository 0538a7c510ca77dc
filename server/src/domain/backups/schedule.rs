//! Scheduled backups, and the deletion of the oldest ones.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Backups, ScheduledBackup};
use crate::domain::{Error, Result, audit::AuditContext, settings::Settings};

/// How often the schedule is checked.
const POLL_INTERVAL: Duration = Duration::from_mins(1);
/// The pause after a failure.
const RETRY_DELAY: Duration = Duration::from_mins(15);

impl Backups {
    /// Creates backups until `stop` is cancelled.
    pub async fn run(self, settings: Settings, stop: CancellationToken) {
        let mut pause = POLL_INTERVAL;
        while stop.run_until_cancelled(sleep(pause)).await.is_some() {
            pause = POLL_INTERVAL;
            match stop.run_until_cancelled(self.make_if_due(&settings)).await {
                Some(Ok(Some(name))) => {
                    tracing::info!(backup = name, "a backup was made and checked");
                }
                Some(Ok(None)) | None => {}
                Some(Err(error)) => {
                    tracing::error!(
                        ?error,
                        "cannot make a backup; trying again in a quarter of an hour"
                    );
                    pause = RETRY_DELAY;
                }
            }
        }
    }

    /// Makes a backup if the last one is old enough, and deletes the oldest if there are too many then.
    pub async fn make_if_due(&self, settings: &Settings) -> Result<Option<String>> {
        let result = self.make_and_prune(settings).await;
        let failure = result.as_ref().err().map(reason);
        self.schedule
            .store(Some(Arc::new(ScheduledBackup { failure })));
        result
    }

    async fn make_and_prune(&self, settings: &Settings) -> Result<Option<String>> {
        let current = settings.current();
        let every = TimeDelta::hours(current.gateway.backup_every_hours.into());
        if every.is_zero() || !self.is_ready() {
            return Ok(None);
        }
        let latest = self.directory().names()?.first().map(|(_, made)| *made);
        let now = self.clock.now();
        // A time in the future is from before the clock was set back, and prevents no backup.
        if latest.is_some_and(|latest| latest <= now && now < latest + every) {
            return Ok(None);
        }
        let context = AuditContext::system("createBackup");
        let made = Box::pin(self.create(&context)).await?;
        self.prune(current.gateway.backups_kept).await?;
        Ok(Some(made.name))
    }

    /// Deletes the oldest backups beyond this number.
    async fn prune(&self, kept: u32) -> Result<()> {
        let kept = usize::try_from(kept).unwrap_or(usize::MAX);
        for (name, _) in self.directory().names()?.iter().skip(kept) {
            let context = AuditContext::system("deleteBackup");
            self.delete(&context, name).await?;
        }
        Ok(())
    }
}

/// The cause of a failure, for administrators.
fn reason(error: &Error) -> String {
    if let Error::Internal(cause) = error {
        format!("{cause:#}")
    } else {
        error.to_string()
    }
}
