//! The engine's word on requests that are stored already.

use entity::request::{self, Entity as Request};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
};

use super::{observer::RequestChange, pricing, reconcile};
use crate::domain::{engine_usage::EngineUsage, prices::PriceList};

/// What became of some reports.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// Those whose requests are not stored yet.
    pub(super) unknown: Vec<EngineUsage>,
    /// In order: a request may have changed twice.
    pub(super) changes: Vec<RequestChange>,
}

/// Takes over what the engine says.
pub(super) async fn settle(
    connection: &impl ConnectionTrait,
    reports: &[EngineUsage],
    prices: &PriceList,
) -> Result<Settled, DbErr> {
    let mut settled = Settled::default();
    for usage in reports {
        let Some(before) = row_of(connection, usage).await? else {
            settled.unknown.push(usage.clone());
            continue;
        };
        let mut after = before.clone();
        if reconcile::apply(&mut after, usage) {
            reprice(&before, &mut after, prices);
            let row = after.clone().into_active_model().reset_all();
            row.update(connection).await?;
            settled.changes.push(RequestChange { before, after });
        }
    }
    Ok(settled)
}

/// Those of which nothing is stored yet.
pub(super) async fn unknown(
    connection: &impl ConnectionTrait,
    reports: &[EngineUsage],
) -> Result<Vec<EngineUsage>, DbErr> {
    let mut unknown = Vec::new();
    for usage in reports {
        let stored = Condition::any()
            .add(request::Column::Id.eq(usage.request_id))
            .add(request::Column::ConnectionId.eq(usage.request_id));
        let stored = Request::find().filter(stored).one(connection).await?;
        if stored.is_none() {
            unknown.push(usage.clone());
        }
    }
    Ok(unknown)
}

/// A cost once frozen stays, unless what it was worked out from turned out to be different.
fn reprice(before: &request::Model, after: &mut request::Model, prices: &PriceList) {
    let is_same =
        before.provider == after.provider && super::tokens_of(before) == super::tokens_of(after);
    if !is_same {
        pricing::put_on(after, prices);
    }
}

/// The row that a report speaks of: the request itself, or the first turn of a WebSocket that was
/// forwarded and has no report yet.
async fn row_of(
    connection: &impl ConnectionTrait,
    usage: &EngineUsage,
) -> Result<Option<request::Model>, DbErr> {
    let unreported = Condition::any()
        .add(request::Column::Reconciliation.is_null())
        .add(request::Column::Reconciliation.eq(request::Reconciliation::WireOnly));
    let turn = Request::find()
        .filter(request::Column::ConnectionId.eq(usage.request_id))
        .filter(request::Column::Outcome.ne(request::Outcome::Rejected))
        .filter(unreported)
        .order_by_asc(request::Column::Sequence)
        .one(connection)
        .await?;
    match turn {
        Some(turn) => Ok(Some(turn)),
        None => {
            Request::find_by_id(usage.request_id)
                .filter(request::Column::ConnectionId.is_null())
                .one(connection)
                .await
        }
    }
}
