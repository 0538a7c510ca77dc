//! Deletes alerts that ended long ago.

use chrono::TimeDelta;
use entity::alert::{self, Entity as Alert};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::Alerts;
use crate::domain::Result;

const KEPT: TimeDelta = TimeDelta::days(90);
/// The maximum number of ended alerts; the oldest are deleted first.
const MAX_ENDED: u64 = 5_000;

impl Alerts {
    /// Deletes alerts that ended more than 90 days ago, and the oldest beyond 5000. Returns their number.
    pub async fn delete_ended(&self) -> Result<u64> {
        let ended = alert::Column::EndedAt;
        let expired = Alert::delete_many()
            .filter(ended.lt(self.clock.now() - KEPT))
            .exec(self.db.writer())
            .await?;
        let last_kept: Option<(Uuid, chrono::DateTime<chrono::Utc>)> = Alert::find()
            .filter(ended.is_not_null())
            .order_by_desc(ended)
            .offset(MAX_ENDED)
            .limit(1)
            .select_only()
            .columns([alert::Column::Id, alert::Column::EndedAt])
            .into_tuple()
            .one(self.db.reader())
            .await?;
        let Some((_, cut)) = last_kept else {
            return Ok(expired.rows_affected);
        };
        let surplus = Alert::delete_many()
            .filter(ended.lte(cut))
            .exec(self.db.writer())
            .await?;
        Ok(expired.rows_affected + surplus.rows_affected)
    }
}
