//! Corrects assumed costs once the models have a price.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::request::{self, Entity as Request};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{Set, Unchanged},
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
    sea_query::Expr,
};
use tokio::{
    sync::watch,
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};

use super::{observer::RequestChange, pricing::Pricing};

/// Requests in one transaction.
const ROWS: u64 = 200;
/// How often prices that have come into force meanwhile are looked for.
const INTERVAL: Duration = Duration::from_hours(1);

/// A part of the requests whose cost is assumed: those after this sequence number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Correction {
    after: i64,
}

/// The result of one transaction.
#[derive(Debug, Default)]
pub(super) struct Corrected {
    pub(super) changes: Vec<RequestChange>,
    /// The next part; `None` after the last one.
    pub(super) next: Option<Correction>,
}

/// Sets the cost of requests whose models have a price now. A request is corrected once: its cost is no longer assumed.
pub(super) async fn correct(
    connection: &impl ConnectionTrait,
    correction: Correction,
    pricing: Pricing<'_>,
    now: DateTime<Utc>,
) -> Result<Corrected, DbErr> {
    let rows = Request::find()
        // As the condition of the index, so that the database uses it.
        .filter(Expr::cust("cost_assumed"))
        .filter(request::Column::Sequence.gt(correction.after))
        .order_by_asc(request::Column::Sequence)
        .limit(ROWS)
        // PostgreSQL: the retention may delete rows meanwhile.
        .lock_exclusive()
        .all(connection)
        .await?;
    let is_last = u64::try_from(rows.len()).is_ok_and(|count| count < ROWS);
    let last = rows.last().filter(|_| !is_last);
    let mut corrected = Corrected {
        changes: Vec::new(),
        next: last.map(|row| Correction {
            after: row.sequence,
        }),
    };
    for before in rows {
        let mut after = before.clone();
        pricing.set_cost(&mut after, now);
        if after.cost_assumed || after.price_id.is_none() {
            continue;
        }
        let row = request::ActiveModel {
            id: Unchanged(after.id),
            price_id: Set(after.price_id),
            cost: Set(after.cost),
            cost_assumed: Set(false),
            ..Default::default()
        };
        row.update(connection).await?;
        corrected.changes.push(RequestChange { before, after });
    }
    Ok(corrected)
}

/// When requests are corrected: at the start, after each change of prices, and when prices may have come into force.
#[derive(Debug)]
pub(super) struct CorrectionSchedule {
    changes: watch::Receiver<()>,
    timer: Interval,
    /// The next part, while a pass over all requests is under way.
    pending: Option<Correction>,
}

impl CorrectionSchedule {
    /// `changes` is notified of changes of prices.
    pub(super) fn new(changes: watch::Receiver<()>) -> Self {
        let mut timer = interval_at(Instant::now() + INTERVAL, INTERVAL);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            changes,
            timer,
            pending: Some(Correction::default()),
        }
    }

    /// Waits for the next part. Returns the same one until [`CorrectionSchedule::advance`]; safe to cancel.
    pub(super) async fn due(&mut self) -> Correction {
        if let Some(pending) = self.pending {
            return pending;
        }
        tokio::select! {
            Ok(()) = self.changes.changed() => {}
            _ = self.timer.tick() => {}
        }
        *self.pending.insert(Correction::default())
    }

    /// Continues with this part, or ends the pass.
    pub(super) fn advance(&mut self, next: Option<Correction>) {
        self.pending = next;
    }
}
