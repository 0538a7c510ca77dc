//! Retention: single requests and sums of quarter-hours are kept as configured, sums of hours and days forever.
//!
//! Rows are deleted in small batches, each in its own transaction and with a pause after it, so that the request writer
//! is never blocked for long.

mod batches;
mod zeros;

use std::{sync::atomic::AtomicI64, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    agent_session::{self, Entity as AgentSession},
    alert_address_request::{self, Entity as AddressRequest},
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

use self::batches::RowRange;
use super::{
    Result, requests::ReplayWindow, settings::Settings, users::api_keys::AgentSignIns,
    window_readings::WindowReadings,
};
use crate::{clock::SharedClock, db::Database};

/// Rows per transaction.
const BATCH: u64 = 5_000;
/// The pause in which the request writer may commit.
const PAUSE: Duration = Duration::from_millis(100);
const FIRST_PASS: Duration = Duration::from_mins(1);
const BETWEEN_PASSES: Duration = Duration::from_hours(1);
/// Twice the longest window of a quota.
const BUCKETS_KEPT: TimeDelta = TimeDelta::days(800);
const HOUR: i64 = 60 * 60;
/// Twice the span in which requests for alert addresses are limited.
const ADDRESSES_KEPT: TimeDelta = TimeDelta::days(2);

/// The task that deletes old rows.
#[derive(Debug)]
pub struct Retention {
    db: Database,
    clock: SharedClock,
    settings: Settings,
    held: ReplayWindow,
    windows: WindowReadings,
    /// Up to when sums of zero were searched, in seconds since 1970.
    checked_until: AtomicI64,
}

/// The number of deleted rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    pub requests: u64,
    /// Sums of quarter-hours.
    pub quarters: u64,
    /// Sums of zero.
    pub zeros: u64,
    /// Old usage of quotas.
    pub quota_buckets: u64,
    /// Old levels of subscription windows.
    pub window_readings: u64,
    /// Sessions of agents without requests.
    pub agent_sessions: u64,
}

impl Retention {
    pub fn new(
        db: Database,
        clock: SharedClock,
        settings: Settings,
        held: ReplayWindow,
        windows: WindowReadings,
    ) -> Self {
        Self {
            db,
            clock,
            settings,
            held,
            windows,
            checked_until: AtomicI64::new(0),
        }
    }

    /// Deletes periodically until cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let mut pause = FIRST_PASS;
        while stop.run_until_cancelled(sleep(pause)).await.is_some() {
            match stop.run_until_cancelled(self.pass()).await {
                Some(Ok(deleted)) if deleted != Deleted::default() => tracing::info!(
                    requests = deleted.requests,
                    quarters = deleted.quarters,
                    zeros = deleted.zeros,
                    quota_buckets = deleted.quota_buckets,
                    window_readings = deleted.window_readings,
                    agent_sessions = deleted.agent_sessions,
                    "deleted rows beyond the retention period"
                ),
                Some(Ok(_)) | None => {}
                Some(Err(error)) => {
                    tracing::warn!(%error, "cannot delete rows beyond the retention period; trying again in an hour");
                }
            }
            pause = BETWEEN_PASSES;
        }
    }

    /// Deletes everything beyond the retention period.
    pub async fn pass(&self) -> Result<Deleted> {
        let now = self.clock.now();
        let days = self.settings.current().gateway.retention_days;
        let cut = now - TimeDelta::days(days.into());
        self.delete_address_requests(now - ADDRESSES_KEPT).await?;
        AgentSignIns::delete_old(&self.db, &self.clock).await?;
        Ok(Deleted {
            requests: self.delete_requests(cut).await?,
            quarters: self.delete_quarters(cut).await?,
            zeros: zeros::delete(&self.db, &self.checked_until, now).await?,
            quota_buckets: self.delete_buckets(now - BUCKETS_KEPT).await?,
            window_readings: self.windows.delete_old().await?,
            agent_sessions: self.delete_agent_sessions(cut).await?,
        })
    }

    /// Request ids are `UUIDv7`, also those of WebSocket turns, so their order is that of time. The primary key finds
    /// old requests; an index on the time would cost a write per request.
    async fn delete_requests(&self, cut: DateTime<Utc>) -> Result<u64> {
        let cut = u64::try_from(cut.timestamp_millis()).unwrap_or_default();
        // Requests that the journal may replay after a crash are kept, because the row prevents counting them twice.
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
                .limit(BATCH)
                .to_owned();
            let batch = Request::delete_many()
                .filter(request::Column::Id.in_subquery(oldest))
                .exec(self.db.writer())
                .await?;
            deleted += batch.rows_affected;
            if batch.rows_affected < BATCH {
                return Ok(deleted);
            }
            sleep(PAUSE).await;
        }
    }

    /// A session is deleted with its last request. Those that the journal may replay add to their session.
    async fn delete_agent_sessions(&self, cut: DateTime<Utc>) -> Result<u64> {
        let held = i64::try_from(self.held.since().await).unwrap_or(i64::MAX);
        let first_kept = cut.timestamp_millis().min(held).saturating_mul(1000);
        let mut deleted = 0;
        loop {
            let oldest = Query::select()
                .column(agent_session::Column::Id)
                .from(AgentSession)
                .and_where(agent_session::Column::LastRequestAt.lt(first_kept))
                .order_by(agent_session::Column::LastRequestAt, Order::Asc)
                .limit(BATCH)
                .to_owned();
            let batch = AgentSession::delete_many()
                .filter(agent_session::Column::Id.in_subquery(oldest))
                .exec(self.db.writer())
                .await?;
            deleted += batch.rows_affected;
            if batch.rows_affected < BATCH {
                return Ok(deleted);
            }
            sleep(PAUSE).await;
        }
    }

    /// The request that was settled last. It is kept at any age, because the next start continues its sequence and a
    /// cursor must never match two requests.
    async fn latest(&self) -> Result<Option<Uuid>> {
        let latest = Request::find()
            .select_only()
            .column(request::Column::Id)
            .order_by_desc(request::Column::Sequence)
            .into_tuple();
        Ok(latest.one(self.db.reader()).await?)
    }

    /// Whole hours, because the sums of hours replace those of quarter-hours.
    async fn delete_quarters(&self, cut: DateTime<Utc>) -> Result<u64> {
        let cut = cut.timestamp() - cut.timestamp().rem_euclid(HOUR);
        let mut deleted = 0;
        for range in RowRange::of_sums(Period::Quarter, 0, cut) {
            deleted += range.delete(&self.db).await?;
        }
        Ok(deleted)
    }

    /// Few rows: requests for alert addresses are limited.
    async fn delete_address_requests(&self, cut: DateTime<Utc>) -> Result<()> {
        AddressRequest::delete_many()
            .filter(alert_address_request::Column::CreatedAt.lt(cut))
            .exec(self.db.writer())
            .await?;
        Ok(())
    }

    /// A lifetime bucket starts at zero.
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
            deleted += RowRange::of_quota(quota_id, 1, cut)
                .delete(&self.db)
                .await?;
        }
        Ok(deleted)
    }
}

/// The lowest id of this millisecond.
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
