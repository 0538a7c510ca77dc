//! Sums of nothing: a request whose provider was not known at first is taken away from the sums of
//! "unknown", and leaves a row of zeros there.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use entity::usage_rollup::Period;
use sea_orm::{DbErr, Iterable as _};

use super::pieces::Stretch;
use crate::{db::Database, domain::usage::SUMS};

/// How far back a request may still change: the engine's reports wait an hour at most.
const SETTLING: TimeDelta = TimeDelta::days(2);

/// Deletes the sums of nothing: all when nobody has looked yet, then those of the last days. Readers
/// find them, so that the writer does no more than delete.
pub(super) async fn delete(
    db: &Database,
    looked_until: &AtomicI64,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let from = looked_until.load(Ordering::Relaxed);
    let is_zero = SUMS.map(|sum| format!("{sum} = 0")).join(" AND ");
    let mut deleted = 0;
    for period in Period::iter() {
        for stretch in Stretch::of_sums(period, from, now.timestamp()) {
            let mut rest = stretch;
            while let Some((piece, after)) = rest.split(db).await? {
                let zeros = piece.that_are(&is_zero);
                if zeros.is_inhabited(db).await? {
                    deleted += zeros.delete_at_once(db).await?;
                }
                rest = after;
            }
        }
    }
    looked_until.store((now - SETTLING).timestamp(), Ordering::Relaxed);
    Ok(deleted)
}
