//! Updates of the prices from a published list.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::list::Price;
use crate::{
    domain::prices,
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::list,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::scalar::int,
    },
    price_feed::PriceFeed,
};

/// The most changes in one answer.
const MAX_CHANGES: usize = 1000;
/// A download from another server.
const DOWNLOAD: usize = 500;

/// A price that a list adds or changes.
#[derive(SimpleObject)]
struct PriceChange {
    /// The price in force for the same models and provider; null if there is none.
    before: Option<Price>,
    /// The price in the list. It is not stored and has no id that can be looked up before it is approved.
    after: Price,
}

impl From<prices::PriceChange> for PriceChange {
    fn from(change: prices::PriceChange) -> Self {
        Self {
            before: change.before.map(Price::from),
            after: Price::from(change.after),
        }
    }
}

/// The changes that a published price list would make.
#[derive(SimpleObject)]
struct PriceUpdate {
    /// The source that the list names.
    source: String,
    /// The date of the list, such as 2026-11-30.
    date: String,
    /// Prices that the list adds or changes, by pattern: the first 1000. Approval stores all of them, effective from then
    /// on unless the list has a later date.
    changes: Vec<PriceChange>,
    /// The number of all added and changed prices.
    change_count: i32,
    /// Prices of an earlier version of the list that it no longer has, the first 1000. They stay in force.
    removed: Vec<Price>,
    /// Prices of administrators or of other lists that differ, the first 1000. They stay in force.
    kept: Vec<Price>,
    /// The number of prices that are the same.
    unchanged: i32,
    /// Identifies the list and all changes, for `applyPriceUpdate`.
    digest: String,
}

impl From<prices::PriceUpdate> for PriceUpdate {
    fn from(update: prices::PriceUpdate) -> Self {
        let prices = |rows: Vec<_>| {
            rows.into_iter()
                .take(MAX_CHANGES)
                .map(Price::from)
                .collect()
        };
        Self {
            source: update.source,
            date: update.date.to_string(),
            change_count: int(update.changes.len()),
            changes: update
                .changes
                .into_iter()
                .take(MAX_CHANGES)
                .map(PriceChange::from)
                .collect(),
            removed: prices(update.removed),
            kept: prices(update.kept),
            unchanged: int(update.unchanged),
            digest: update.digest,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct PriceUpdateQuery;

#[Object(guard = "Declared")]
impl PriceUpdateQuery {
    /// Download the price list of `PRICE_LIST_URL`, verify its checksum and compare it with the stored prices. Stores
    /// nothing. Null if no list is configured. Fails with `PROVIDER_ERROR` if it cannot be downloaded and with
    /// `BAD_USER_INPUT`, which names the entry and the reason, if it is invalid, contradictory, or older than stored
    /// prices.
    #[graphql(
        directive = requires_role::apply(Role::Admin),
        complexity = "DOWNLOAD + list(50, child_complexity)"
    )]
    async fn price_update(&self, ctx: &Context<'_>) -> Result<Option<PriceUpdate>> {
        let update = ctx.service::<PriceFeed>().check().await?;
        Ok(update.map(PriceUpdate::from))
    }
}

/// The approval of an update.
#[derive(InputObject)]
struct ApplyPriceUpdateInput {
    /// The digest of the update that was shown. If the list or the prices have changed since, the mutation fails with
    /// `CONFLICT` and stores nothing.
    digest: String,
}

/// The result of `applyPriceUpdate`.
#[derive(SimpleObject)]
struct ApplyPriceUpdatePayload {
    /// The number of prices that were stored.
    added: i32,
}

#[derive(Debug, Default)]
pub(crate) struct PriceUpdateMutation;

#[Object(guard = "Declared")]
impl PriceUpdateMutation {
    /// Store the changes of a price list, all or none. Downloads the list again.
    #[graphql(directive = requires_role::apply(Role::Admin), complexity = "DOWNLOAD + child_complexity")]
    async fn apply_price_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The update to apply.")] input: ApplyPriceUpdateInput,
    ) -> Result<ApplyPriceUpdatePayload> {
        let feed = ctx.service::<PriceFeed>();
        let applied = feed.apply(&ctx.audit(), &input.digest).await?;
        Ok(ApplyPriceUpdatePayload {
            added: int(applied.added),
        })
    }
}
