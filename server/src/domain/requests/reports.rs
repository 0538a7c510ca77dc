//! Applies the engine's usage reports to stored requests.

use chrono::{DateTime, Utc};
use entity::request::{self, Entity as Request};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
};

use super::{observer::RequestChange, pricing::Pricing, reconcile};
use crate::domain::{engine_usage::EngineUsage, tokens::tokens_of};

/// The result of applying reports.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// Reports whose requests are not stored yet.
    pub(super) unknown: Vec<EngineUsage>,
    /// In order; a request may change twice.
    pub(super) changes: Vec<RequestChange>,
}

pub(super) async fn settle(
    connection: &impl ConnectionTrait,
    reports: &[EngineUsage],
    pricing: Pricing<'_>,
    now: DateTime<Utc>,
) -> Result<Settled, DbErr> {
    let mut settled = Settled::default();
    for usage in reports {
        let Some(before) = row_of(connection, usage).await? else {
            settled.unknown.push(usage.clone());
            continue;
        };
        let mut after = before.clone();
        if reconcile::apply(&mut after, usage) {
            if is_priced_differently(&before, &after) {
                pricing.set_cost(&mut after, now);
            }
            let row = after.clone().into_active_model().reset_all();
            row.update(connection).await?;
            settled.changes.push(RequestChange { before, after });
        }
    }
    Ok(settled)
}

/// The reports whose requests are not stored yet.
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

/// Whether provider, tokens or service tier have changed. Otherwise the cost stays.
fn is_priced_differently(before: &request::Model, after: &request::Model) -> bool {
    before.provider != after.provider
        || before.service_tier != after.service_tier
        || tokens_of(before) != tokens_of(after)
}

/// The row of a report: the request itself, or the first forwarded turn of a WebSocket that has no report
/// yet.
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
