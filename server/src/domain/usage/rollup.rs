//! Updates the sums in the transaction that stores or corrects a request.

use std::collections::{BTreeMap, HashMap};

use entity::{
    provider_account::ProviderKind,
    request::{self, Outcome, Reconciliation},
    usage_rollup::{self, Period},
    usage_slice::{self, Dimension},
};
use sea_orm::{ActiveEnum as _, ConnectionTrait, DbErr, Iterable as _};
use uuid::Uuid;

use super::{
    sums::{RollupKey, SliceKey, Sums},
    upsert::upsert,
};
use crate::domain::periods::start_of;

/// The subject of metered requests without a reconciliation.
pub(super) const NOT_RECONCILED: &str = "unknown";
const MICROS: i64 = 1_000_000;

/// A request that is added to the sums or subtracted.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) struct RollupEntry<'a> {
    pub(in crate::domain) row: &'a request::Model,
    /// +1 to add, −1 to subtract.
    pub(in crate::domain) sign: i64,
}

impl<'a> RollupEntry<'a> {
    /// A new request.
    pub(in crate::domain) fn added(row: &'a request::Model) -> Self {
        Self { row, sign: 1 }
    }

    /// A corrected request.
    pub(in crate::domain) fn changed(
        before: &'a request::Model,
        row: &'a request::Model,
    ) -> [Self; 2] {
        [
            Self {
                row: before,
                sign: -1,
            },
            Self::added(row),
        ]
    }
}

/// Adds requests to all sums. The caller writes their rows in the same transaction.
pub(in crate::domain) async fn add_up(
    connection: &impl ConnectionTrait,
    entries: &[RollupEntry<'_>],
) -> Result<(), DbErr> {
    let (rollups, slices) = sum_up(entries);
    upsert::<usage_rollup::Entity>(connection, &rollups).await?;
    upsert::<usage_slice::Entity>(connection, &slices).await
}

/// The changes of both tables, in the order of their keys.
fn sum_up(entries: &[RollupEntry<'_>]) -> (Vec<usage_rollup::Model>, Vec<usage_slice::Model>) {
    let mut rollups = BTreeMap::<_, Sums>::new();
    let mut slices = BTreeMap::<_, Sums>::new();
    for (cell, sums) in cells(entries) {
        for period in Period::iter() {
            let key = cell.rollup_key(period);
            let starts_at = key.starts_at;
            rollups.entry(key).or_default().add(&sums, 1);
            for (dimension, subject) in cell.subjects() {
                let key = SliceKey {
                    dimension,
                    period,
                    starts_at,
                    subject,
                };
                slices.entry(key).or_default().add(&sums, 1);
            }
        }
    }
    rollups.retain(|_, sums| !sums.is_zero());
    slices.retain(|_, sums| !sums.is_zero());
    let rollups = rollups.into_iter().map(|(key, sums)| sums.into_rollup(key));
    let slices = slices.into_iter().map(|(key, sums)| sums.into_slice(key));
    (rollups.collect(), slices.collect())
}

/// The sums of a batch by all dimensions: far fewer than requests.
fn cells<'a>(entries: &[RollupEntry<'a>]) -> HashMap<Cell<'a>, Sums> {
    let mut cells = HashMap::<_, Sums>::new();
    for entry in entries {
        let sums = cells.entry(Cell::of(entry.row)).or_default();
        sums.add(&Sums::of(entry.row), entry.sign);
    }
    cells
}

/// The dimensions of a request.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Cell<'a> {
    /// The start of the quarter-hour, in seconds since 1970.
    quarter: i64,
    user_id: Uuid,
    api_key_id: Uuid,
    provider: Option<ProviderKind>,
    account_id: Option<Uuid>,
    model: &'a str,
    is_metered: bool,
    reconciliation: Option<Reconciliation>,
}

impl<'a> Cell<'a> {
    fn of(row: &'a request::Model) -> Self {
        Self {
            quarter: start_of(Period::Quarter, row.started_at.div_euclid(MICROS)),
            user_id: row.user_id,
            api_key_id: row.api_key_id,
            provider: row.provider,
            account_id: row.account_id,
            model: row.model.as_deref().unwrap_or_default(),
            is_metered: row.protocol.generates() && row.outcome != Outcome::Rejected,
            reconciliation: row.reconciliation,
        }
    }

    fn rollup_key(&self, period: Period) -> RollupKey<'a> {
        RollupKey {
            user_id: self.user_id,
            period,
            starts_at: start_of(period, self.quarter),
            api_key_id: self.api_key_id,
            provider: self.provider(),
            account_id: self.account_id.unwrap_or_default(),
            model: self.model,
        }
    }

    fn provider(&self) -> String {
        let provider = self.provider.map(|provider| provider.to_value());
        provider.unwrap_or_default()
    }

    fn subjects(&self) -> impl Iterator<Item = (Dimension, String)> {
        let account = self.account_id.map(|id| id.to_string());
        let subjects = [
            (Dimension::Total, String::new()),
            (Dimension::User, self.user_id.to_string()),
            (Dimension::ApiKey, self.api_key_id.to_string()),
            (Dimension::Provider, self.provider()),
            (Dimension::Account, account.unwrap_or_default()),
            (Dimension::Model, self.model.to_owned()),
        ];
        let reconciliation = self.reconciliation.map(|found| found.to_value());
        let reconciliation = reconciliation.unwrap_or_else(|| NOT_RECONCILED.to_owned());
        let reconciliation = (Dimension::Reconciliation, reconciliation);
        let reconciliation = self.is_metered.then_some(reconciliation);
        subjects.into_iter().chain(reconciliation)
    }
}

#[cfg(test)]
mod tests;
