//! Opens usage windows at the times that administrators have set, with the smallest request that a test sends.

use chrono::{DateTime, TimeDelta, Utc};
use entity::window_opening::{self, OpeningOutcome};
use uuid::Uuid;

use super::Checkup;
use crate::domain::{Error, Result};

/// Windows that are longer do not begin with the first request of a day.
const MAX_WINDOW_SECONDS: u32 = 24 * 60 * 60;
/// An older reading is not of the present window.
const MAX_READING_AGE: TimeDelta = TimeDelta::hours(24);

impl Checkup {
    /// Opens the windows that are due now. Returns the number of openings, skipped and failed ones included.
    pub async fn open_windows(&self) -> Result<usize> {
        if self.0.engine.endpoint().is_none() {
            return Ok(0);
        }
        let due = self.0.openings.take_due().await?;
        for opening in &due {
            // The others are taken already, so an error of one must not keep them from being opened.
            let opened = self.open(opening).await;
            let failed = |error: Error| (OpeningOutcome::Failed, Some(error.to_string()));
            let (outcome, reason) = opened.unwrap_or_else(failed);
            let openings = &self.0.openings;
            openings.record(opening.account_id, outcome, reason).await?;
        }
        Ok(due.len())
    }

    async fn open(
        &self,
        opening: &window_opening::Model,
    ) -> Result<(OpeningOutcome, Option<String>)> {
        let id = opening.account_id;
        let account = match self.0.accounts.get(id).await {
            Ok(account) => account,
            Err(Error::NotFound { .. }) => {
                let reason = "the account was removed".to_owned();
                return Ok((OpeningOutcome::Skipped, Some(reason)));
            }
            Err(error) => return Err(error),
        };
        if !account.is_in_use() {
            let reason = "the account is disabled or paused".to_owned();
            return Ok((OpeningOutcome::Skipped, Some(reason)));
        }
        // Other programs may have used the account since its last answer here.
        self.check(account.clone()).await?;
        let now = self.0.clock.now();
        if let Some(ends_at) = self.running_until(id, now) {
            let reason = format!("a window runs until {}", ends_at.to_rfc3339());
            return Ok((OpeningOutcome::Skipped, Some(reason)));
        }
        match self.test_model(id, &opening.model).await {
            Ok(test) if test.succeeded => {
                self.check(account).await?;
                Ok((OpeningOutcome::Opened, None))
            }
            Ok(test) => {
                let status = test.status.map_or_else(
                    || "the provider did not answer".to_owned(),
                    |status| format!("HTTP {status}"),
                );
                Ok((OpeningOutcome::Failed, Some(status)))
            }
            Err(error) => Ok((OpeningOutcome::Failed, Some(error.to_string()))),
        }
    }

    /// The end of the short window that runs, according to the last reading.
    fn running_until(&self, account: Uuid, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let latest = self.0.accounts.windows().latest(account)?;
        if now - latest.reported_at > MAX_READING_AGE {
            return None;
        }
        let windows = latest.windows.iter();
        let short = windows.filter(|window| {
            window
                .length_seconds
                .is_some_and(|length| length <= MAX_WINDOW_SECONDS)
        });
        let ends = short.filter_map(|window| window.resets_at);
        ends.filter(|end| *end > now).max()
    }
}
