//! How long things are kept: single requests and the finest sums for as long as the settings say, longer
//! sums for ever.
//!
//! Everything is deleted in small pieces, each a transaction of its own with a pause after it, so that the
//! writer of requests is never held up for long.

mod pieces;
mod zeros;

use std::{sync::atomic::AtomicI64, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    request::{self, Entity as Request},
    usage_rollup::Period,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, Order, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Statement, sea_query::Query,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::pieces::Stretch;
use super::{Result, requests::ReplayWindow, settings::Settings};
use crate::{clock::SharedClock, db::Database};

/// Rows in one transaction, at most.
const PIECE: u64 = 5_000;
/// The writer's turn.
const PAUSE: Duration = Duration::from_millis(100);
const FIRST_PASS: Duration = Duration::from_mins(1);
const BETWEEN_PASSES: Duration = Duration::from_hours(1);
/// Twice as long as the longest window of a quota.
const BUCKETS_KEPT: TimeDelta = TimeDelta::days(800);
const HOUR: i64 = 60 * 60;

/// Deletes what need not be kept.
#[derive(Debug)]
pub struct Retention {
    db: Database,
    clock: SharedClock,
    settings: Settings,
    held: ReplayWindow,
    /// Up to when sums of nothing were looked for, in seconds since 1970.
    looked_until: AtomicI64,
}

/// How many rows were deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    pub requests: u64,
    /// Sums by quarter of an hour.
    pub quarters: u64,
    /// Sums of nothing.
    pub zeros: u64,
    /// What was used of quotas long ago.
    pub quota_buckets: u64,
}

impl Retention {
    /// Over this database and journal.
    pub fn new(db: Database, clock: SharedClock, settings: Settings, held: ReplayWindow) -> Self {
        Self {
            db,
            clock,
            settings,
            held,
            looked_until: AtomicI64::new(0),
        }
    }

    /// Deletes from time to time until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let mut pause = FIRST_PASS;
        while stop.run_until_cancelled(sleep(pause)).await.is_some() {
            match stop.run_until_cancelled(self.pass()).await {
                Some(Ok(deleted)) if deleted != Deleted::default() => tracing::info!(
                    requests = deleted.requests,
                    quarters = deleted.quarters,
                    zeros = deleted.zeros,
                    quota_buckets = deleted.quota_buckets,
                    "what was kept long enough is deleted"
                ),
                Some(Ok(_)) | None => {}
                Some(Err(error)) => {
                    tracing::warn!(%error, "cannot delete what was kept long enough; trying again in an hour");
                }
            }
            pause = BETWEEN_PASSES;
        }
    }

    /// Deletes all there is to delete now.
    pub async fn pass(&self) -> Result<Deleted> {
        let now = self.clock.now();
        let days = self.settings.current().gateway.retention_days;
        let cut = now - TimeDelta::days(days.into());
        Ok(Deleted {
            requests: self.delete_requests(cut).await?,
            quarters: self.delete_quarters(cut).await?,
            zeros: zeros::delete(&self.db, &self.looked_until, now).await?,
            quota_buckets: self.delete_buckets(now - BUCKETS_KEPT).await?,
        })
    }

    /// The id of a request is a `UUIDv7`, also that of a WebSocket's turn: its order is that of time. So
    /// the primary key finds the old ones, and an index on the time would only cost each request a write.
    async fn delete_requests(&self, cut: DateTime<Utc>) -> Result<u64> {
        let cut = u64::try_from(cut.timestamp_millis()).unwrap_or_default();
        // What the journal brings back after a kill must be known by its row, or it would count twice.
        let first_kept = first_id_of(cut.min(self.held.since().await));
        let Some(latest) = self.latest().await? else {
            return Ok(0);
        };
        let mut deleted = 0;
        loop {
            let oldest = Query::select()
                .column(request::Column::Id)
                .from(Request)
                .and_where(request::Column::Id.lt(first_kept))
                .and_where(request::Column::Id.ne(latest))
                .order_by(request::Column::Id, Order::Asc)
                .limit(PIECE)
                .to_owned();
            let piece = Request::delete_many()
                .filter(request::Column::Id.in_subquery(oldest))
                .exec(self.db.writer())
                .await?;
            deleted += piece.rows_affected;
            if piece.rows_affected < PIECE {
                return Ok(deleted);
            }
            sleep(PAUSE).await;
        }
    }

    /// The request that was settled last. It stays however old it is: the next start counts on from its
    /// place, and a cursor must never mean two requests.
    async fn latest(&self) -> Result<Option<Uuid>> {
        let latest = Request::find()
            .select_only()
            .column(request::Column::Id)
            .order_by_desc(request::Column::Sequence)
            .into_tuple();
        Ok(latest.one(self.db.reader()).await?)
    }

    /// Whole hours: their sums tell the same.
    async fn delete_quarters(&self, cut: DateTime<Utc>) -> Result<u64> {
        let cut = cut.timestamp() - cut.timestamp().rem_euclid(HOUR);
        let mut deleted = 0;
        for stretch in Stretch::of_sums(Period::Quarter, 0, cut) {
            deleted += stretch.delete(&self.db).await?;
        }
        Ok(deleted)
    }

    /// A bucket that counts for ever begins at zero.
    async fn delete_buckets(&self, cut: DateTime<Utc>) -> Result<u64> {
        let cut = cut.timestamp();
        let statement = Statement::from_sql_and_values(
            self.db.reader().get_database_backend(),
            "SELECT id FROM quota WHERE EXISTS (SELECT 1 FROM quota_bucket \
             WHERE quota_id = quota.id AND starts_at > 0 AND starts_at < $1)",
            [cut.into()],
        );
        let mut deleted = 0;
        for row in self.db.reader().query_all_raw(statement).await? {
            let quota_id = row.try_get("", "id")?;
            deleted += Stretch::of_quota(quota_id, 1, cut).delete(&self.db).await?;
        }
        Ok(deleted)
    }
}

/// No request of this millisecond or later has a lesser id.
fn first_id_of(millisecond: u64) -> Uuid {
    Uuid::from_u128(u128::from(millisecond.min((1 << 48) - 1)) << 80)
}

#[cfg(test)]
mod tests {
    use uuid::{NoContext, Timestamp};

    use super::*;

    #[test]
    fn ids_are_parted_by_their_time() {
        let at = |millisecond: u64| {
            let nanoseconds = u32::try_from(millisecond % 1000).unwrap() * 1_000_000;
            Uuid::new_v7(Timestamp::from_unix(
                NoContext,
                millisecond / 1000,
                nanoseconds,
            ))
        };
        let cut = 1_780_000_000_123;

        assert!(at(cut - 1) < first_id_of(cut));
        assert!(at(cut) > first_id_of(cut));
        assert!(at(cut) < first_id_of(u64::MAX));
    }
}
