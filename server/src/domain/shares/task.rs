//! Keeps the pools up to date and stores what was decided.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{Shares, decisions};
use crate::domain::Result;

/// How often users, accounts and readings are read. Between readings levels follow the requests.
const REFRESH_INTERVAL: Duration = Duration::from_secs(15);
/// Hours that are kept.
const KEPT_HOURS: i64 = 90 * 24;
/// Old hours are deleted each so many refreshes.
const DELETE_EACH: u32 = 240;

impl Shares {
    /// Runs until the token is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let mut access = self.0.access.changes();
        let mut ticks = interval(REFRESH_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut count = 0_u32;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = ticks.tick() => {}
                changed = access.changed() => if changed.is_err() { break },
                () = self.0.wake.notified() => {}
            }
            if let Err(error) = self.keep(count.is_multiple_of(DELETE_EACH)).await {
                tracing::warn!(%error, "the shares of account groups could not be brought up to date; they are tried again");
            }
            count = count.wrapping_add(1);
        }
        if let Err(error) = self.store_counts().await {
            tracing::warn!(%error, "the last decisions about shares are not in the report");
        }
    }

    async fn keep(&self, deletes: bool) -> Result<()> {
        self.refresh().await?;
        self.store_counts().await?;
        if deletes {
            let now = self.0.clock.now().timestamp();
            let hour = now - KEPT_HOURS * decisions::HOUR;
            decisions::delete_before(self.0.db.writer(), hour).await?;
        }
        Ok(())
    }

    /// Stores the counts of decisions. If that fails they are lost, because the outcome of the statement is unknown.
    pub(super) async fn store_counts(&self) -> Result<()> {
        let pools = self.0.pools.load_full();
        let rows: Vec<_> = pools.all().flat_map(|pool| pool.take_counts()).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let transaction = self.0.db.begin().await?;
        decisions::store(&transaction, &rows).await?;
        Ok(transaction.commit().await?)
    }
}
