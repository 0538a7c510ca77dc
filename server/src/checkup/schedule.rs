//! Checks accounts on the schedule of the settings.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Checkup;
use crate::{domain::Result, outage::Outage};

/// How often due accounts are searched.
const POLL_INTERVAL: Duration = Duration::from_mins(1);
/// How often the engine's report on sign-ins is read, and windows that are due are opened.
const REPORT_INTERVAL: Duration = Duration::from_secs(30);

impl Checkup {
    /// Runs until cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let looking = async {
            let outage = Outage::new(Duration::ZERO);
            loop {
                sleep(POLL_INTERVAL).await;
                outage.note(
                    &self.check_due().await,
                    |error| tracing::warn!(?error, "cannot check accounts; retrying"),
                    |ended| {
                        let elapsed_ms = ended.lasted_ms();
                        tracing::info!(elapsed_ms, "accounts are checked again");
                    },
                );
            }
        };
        Box::pin(stop.run_until_cancelled(looking)).await;
    }

    /// Opens usage windows on time until cancelled.
    pub async fn open_windows_on_time(self, stop: CancellationToken) {
        let opening = async {
            let outage = Outage::new(Duration::ZERO);
            loop {
                sleep(REPORT_INTERVAL).await;
                outage.note(
                    &self.open_windows().await,
                    |error| tracing::warn!(?error, "cannot open usage windows; retrying"),
                    |ended| {
                        let elapsed_ms = ended.lasted_ms();
                        tracing::info!(elapsed_ms, "usage windows are opened again");
                    },
                );
            }
        };
        Box::pin(stop.run_until_cancelled(opening)).await;
    }

    /// Passes the engine's report on sign-ins that it could not refresh to the accounts until cancelled.
    pub async fn follow_sign_ins(self, stop: CancellationToken) {
        let looking = async {
            let outage = Outage::new(Duration::ZERO);
            loop {
                sleep(REPORT_INTERVAL).await;
                outage.note(
                    &self.note_sign_ins().await,
                    |error| tracing::warn!(?error, "cannot note invalid sign-ins; retrying"),
                    |ended| {
                        let elapsed_ms = ended.lasted_ms();
                        tracing::info!(elapsed_ms, "invalid sign-ins are noted again");
                    },
                );
            }
        };
        stop.run_until_cancelled(looking).await;
    }

    async fn note_sign_ins(&self) -> Result<()> {
        match self.0.engine.accounts().await {
            Some(reported) => self.0.accounts.record_lost_sign_ins(&reported).await,
            None => Ok(()),
        }
    }

    /// Checks the accounts in use whose last check is older than the interval of the settings, one by one. Returns their
    /// number.
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
            if account.is_in_use() && age.is_none_or(|age| age >= interval) {
                self.check(account).await?;
                checked += 1;
            }
        }
        Ok(checked)
    }
}
