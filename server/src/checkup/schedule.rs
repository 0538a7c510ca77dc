//! Asks at regular times, if an administrator wants that.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Checkup;
use crate::{domain::Result, outage::Outage};

/// How often is looked whether somebody is due.
const POLL_INTERVAL: Duration = Duration::from_mins(1);

impl Checkup {
    /// Asks whenever it is time, until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let looking = async {
            let outage = Outage::new(Duration::ZERO);
            loop {
                sleep(POLL_INTERVAL).await;
                outage.note(
                    &self.check_due().await,
                    |error| tracing::warn!(?error, "accounts cannot be checked; trying again"),
                    |ended| {
                        let elapsed_ms = ended.lasted_ms();
                        tracing::info!(elapsed_ms, "accounts can be checked again");
                    },
                );
            }
        };
        stop.run_until_cancelled(looking).await;
    }

    /// Asks after the accounts in use that were not asked after for as long as the settings say, one by
    /// one. Answers how many those were.
    pub async fn check_due(&self) -> Result<usize> {
        let minutes = self.0.settings.current().gateway.account_check_minutes;
        if minutes == 0 || self.0.engine.endpoint().is_none() {
            return Ok(0);
        }
        let interval = TimeDelta::minutes(minutes.into());
        let now = self.0.clock.now();
        let mut checked = 0;
        for account in self.0.accounts.list().await? {
            let age = account.checked_at.map(|at| (now - at).abs());
            if account.enabled && age.is_none_or(|age| age >= interval) {
                self.check(account).await?;
                checked += 1;
            }
        }
        Ok(checked)
    }
}
