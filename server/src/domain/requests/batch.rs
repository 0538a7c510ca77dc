//! One transaction of the writer: new requests, corrections by the engine's reports, and all sums of both.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Instant,
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{api_key, ledger_batch, provider_account, quota_bucket, replica, request, user};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    sea_query::{Alias, Expr, OnConflict, Query},
};
use uuid::Uuid;

use super::{
    correction::{self, Corrected, Correction},
    insert::Inserts,
    observer::{RequestChange, WriterObserver},
    pricing::Pricing,
    reports,
    settlement::PendingSettlement,
};
use crate::{
    clock::SharedClock,
    db::Database,
    domain::{
        agent_sessions,
        engine_usage::EngineUsage,
        ledger::{Charge, Ledger},
        prices::Prices,
        tokens::{Tokens, tokens_of},
        usage::rollup::{RollupEntry, add_up},
    },
};

/// The precision of `lastUsedAt`, to save a write per request.
const USED_PRECISION: TimeDelta = TimeDelta::seconds(30);

#[derive(Debug, Default)]
pub(super) struct Batch {
    number: i64,
    pub(super) rows: Vec<request::Model>,
    pub(super) pending: Vec<PendingSettlement>,
    reports: Vec<EngineUsage>,
    pub(super) correction: Option<Correction>,
}

impl Batch {
    /// The rows with the names of their sessions.
    fn named_rows(&self) -> impl Iterator<Item = (&request::Model, Option<&str>)> {
        let names = self.pending.iter().map(|one| one.session_name.as_deref());
        self.rows.iter().zip(names.chain(std::iter::repeat(None)))
    }
}

/// The result of a batch.
#[derive(Debug, Default)]
pub(super) struct WrittenBatch {
    /// Reports whose requests are not stored yet.
    pub(super) unknown: Vec<EngineUsage>,
    /// The rest of a correction.
    pub(super) next_correction: Option<Correction>,
}

/// Writes batches to the database and to memory.
#[derive(Debug)]
pub(super) struct RequestStore {
    pub(super) db: Database,
    pub(super) clock: SharedClock,
    pub(super) ledger: Ledger,
    pub(super) prices: Prices,
    pub(super) observer: Arc<dyn WriterObserver>,
    inserts: Inserts,
    /// The stored `lastUsedAt` of keys and accounts.
    last_used: HashMap<Uuid, DateTime<Utc>>,
    /// Distinguishes the batches of this server from those of others.
    incarnation: i64,
    next_batch: i64,
    /// The last commit failed without an answer and may have happened.
    outcome_unknown: bool,
}

/// The results of a transaction, to be applied to memory.
#[derive(Debug, Default)]
struct Done {
    written: WrittenBatch,
    changes: Vec<RequestChange>,
    charges: Vec<(Uuid, Charge)>,
    used: Vec<Used>,
    used_accounts: Vec<(Uuid, DateTime<Utc>)>,
}

impl RequestStore {
    pub(super) async fn open(
        db: Database,
        clock: SharedClock,
        ledger: Ledger,
        prices: Prices,
        observer: Arc<dyn WriterObserver>,
    ) -> Result<Self, DbErr> {
        let incarnation = db.incarnation();
        let last = ledger_batch::Entity::find_by_id(incarnation)
            .one(db.writer())
            .await?;
        Ok(Self {
            db,
            clock,
            ledger,
            prices,
            observer,
            inserts: Inserts::default(),
            last_used: HashMap::new(),
            incarnation,
            next_batch: last.map_or(0, |last| last.number) + 1,
            outcome_unknown: false,
        })
    }

    /// The next batch.
    pub(super) fn batch(
        &mut self,
        rows: Vec<request::Model>,
        pending: Vec<PendingSettlement>,
        reports: Vec<EngineUsage>,
    ) -> Batch {
        let number = self.next_batch;
        self.next_batch += 1;
        Batch {
            number,
            rows,
            pending,
            reports,
            correction: None,
        }
    }

    /// A batch that only corrects assumed costs.
    pub(super) fn correction(&mut self, correction: Correction) -> Batch {
        Batch {
            correction: Some(correction),
            ..self.batch(Vec::new(), Vec::new(), Vec::new())
        }
    }

    /// Splits a batch into batches of one row, so that an invalid row does not block the others.
    pub(super) fn split(&mut self, batch: Batch) -> Vec<Batch> {
        let mut split = Vec::with_capacity(batch.rows.len() + 1);
        for (row, pending) in batch.rows.into_iter().zip(batch.pending) {
            split.push(self.batch(vec![row], vec![pending], Vec::new()));
        }
        split.push(self.batch(Vec::new(), Vec::new(), batch.reports));
        split
    }

    /// Writes a batch and applies it to memory.
    /// Retrying after an error is safe: a batch counts once.
    pub(super) async fn write(&mut self, batch: &Batch) -> Result<WrittenBatch, DbErr> {
        let ledger = self.ledger.clone();
        // A change of quotas reads usage before or after a batch, not in the middle of one.
        let _turn = ledger.turn().await;
        let began = Instant::now();
        let written = self.write_once(batch).await;
        self.outcome_unknown = written.is_err();
        let done = written?;
        let took = began.elapsed();
        self.observer.written(&batch.rows, &done.changes, took);
        let now = self.clock.now();
        for (user_id, charge) in done.charges {
            ledger.add(user_id, charge, now);
        }
        let used = done.used.iter().map(|used| (used.api_key_id, used.at));
        self.last_used.extend(used);
        self.last_used.extend(done.used_accounts);
        Ok(done.written)
    }

    async fn write_once(&mut self, batch: &Batch) -> Result<Done, DbErr> {
        if self.outcome_unknown && self.is_written(batch).await? {
            return self.catch_up(batch).await;
        }
        let mut charges = self.charges(&batch.rows);
        let transaction = self.db.begin_batch().await?;
        self.inserts.insert(&transaction, &batch.rows).await?;
        let used = self.newly_used(&batch.rows);
        set_last_used(&transaction, &used).await?;
        let (unknown, next_correction, row_changes) = self.change(&transaction, batch).await?;
        let mut entries: Vec<RollupEntry<'_>> = batch.rows.iter().map(RollupEntry::added).collect();
        let mut counted = entries.clone();
        for change in &row_changes {
            let difference = RollupEntry::changed(&change.before, &change.after);
            entries.extend(difference);
            self.record_provider(&change.after);
            let account = self.ledger.user_limits(change.after.user_id);
            if !account.is_before_reset(change.before.started_at) {
                counted.extend(difference);
                charges.extend(self.difference(&change.before, &change.after));
            }
        }
        let after = row_changes.iter().map(|change| &change.after);
        let used_accounts = self.newly_used_accounts(batch.rows.iter().chain(after));
        set_account_last_used(&transaction, &used_accounts).await?;
        add_up(&transaction, &entries).await?;
        agent_sessions::rollup::add(&transaction, batch.named_rows()).await?;
        agent_sessions::rollup::correct(&transaction, &entries[batch.rows.len()..]).await?;
        add_charges(&transaction, &charges).await?;
        add_tokens(&transaction, &counted).await?;
        set_batch_number(&transaction, self.incarnation, batch.number).await?;
        transaction.commit().await?;
        Ok(Done {
            written: WrittenBatch {
                unknown,
                next_correction,
            },
            changes: row_changes,
            charges,
            used,
            used_accounts,
        })
    }

    /// Changes stored requests: by the engine's reports, and where an assumed cost can be corrected. Returns the reports
    /// whose requests are not stored yet and the rest of the correction.
    async fn change(
        &self,
        connection: &impl ConnectionTrait,
        batch: &Batch,
    ) -> Result<(Vec<EngineUsage>, Option<Correction>, Vec<RequestChange>), DbErr> {
        let now = self.clock.now();
        let pricing = Pricing {
            prices: &self.prices.current(),
            ledger: &self.ledger,
        };
        let settled = reports::settle(connection, &batch.reports, pricing, now).await?;
        let corrected = match batch.correction {
            Some(part) => correction::correct(connection, part, pricing, now).await?,
            None => Corrected::default(),
        };
        let mut changes = settled.changes;
        changes.extend(corrected.changes);
        Ok((settled.unknown, corrected.next, changes))
    }

    /// The batch was committed although the commit reported an error: reload memory from the database.
    async fn catch_up(&self, batch: &Batch) -> Result<Done, DbErr> {
        self.ledger.reload_usage(self.db.writer()).await?;
        Ok(Done {
            written: WrittenBatch {
                unknown: reports::unknown(self.db.writer(), &batch.reports).await?,
                // Requests that were corrected are no longer in it.
                next_correction: batch.correction,
            },
            ..Done::default()
        })
    }

    /// Whether a commit that reported an error has happened.
    async fn is_written(&self, batch: &Batch) -> Result<bool, DbErr> {
        let last = ledger_batch::Entity::find_by_id(self.incarnation)
            .one(self.db.writer())
            .await?;
        Ok(last.is_some_and(|last| last.number == batch.number))
    }

    fn charges(&self, rows: &[request::Model]) -> Vec<(Uuid, Charge)> {
        let prices = self.prices.current();
        let charges = rows.iter().flat_map(|row| {
            let charges = self.ledger.charges(row, prices.aliases());
            charges.into_iter().map(|charge| (row.user_id, charge))
        });
        charges.collect()
    }

    /// The net change of each bucket that a quota still counts. Subtracting the old amount first would cross a warning
    /// threshold again.
    fn difference(&self, before: &request::Model, after: &request::Model) -> Vec<(Uuid, Charge)> {
        let prices = self.prices.current();
        let aliases = prices.aliases();
        let mut net: BTreeMap<(Uuid, i64), i64> = BTreeMap::new();
        for charge in self.ledger.charges(after, aliases) {
            let amount = net.entry((charge.quota_id, charge.bucket)).or_default();
            *amount = amount.saturating_add(charge.amount);
        }
        for charge in self.ledger.charges(before, aliases) {
            let amount = net.entry((charge.quota_id, charge.bucket)).or_default();
            *amount = amount.saturating_sub(charge.amount);
        }
        let now = self.clock.now();
        net.into_iter()
            .map(|((quota_id, bucket), amount)| Charge {
                quota_id,
                bucket,
                amount,
            })
            .filter(|charge| charge.amount != 0)
            .filter(|charge| self.ledger.is_open(after.user_id, *charge, now))
            .map(|charge| (after.user_id, charge))
            .collect()
    }

    fn record_provider(&self, row: &request::Model) {
        if let (Some(model), Some(provider)) = (&row.model, row.provider) {
            self.ledger.record_provider(model, row.protocol, provider);
        }
    }

    /// Keys whose stored `lastUsedAt` is too old.
    fn newly_used(&self, rows: &[request::Model]) -> Vec<Used> {
        let mut latest: HashMap<Uuid, Used> = HashMap::new();
        for row in rows {
            let Some(at) = DateTime::from_timestamp_micros(row.started_at) else {
                continue;
            };
            let used = Used {
                api_key_id: row.api_key_id,
                user_id: row.user_id,
                at,
            };
            latest.insert(row.api_key_id, used);
        }
        latest.retain(|id, used| {
            self.last_used
                .get(id)
                .is_none_or(|stored| used.at - *stored > USED_PRECISION)
        });
        latest.into_values().collect()
    }
}

impl RequestStore {
    /// Provider accounts whose stored `lastUsedAt` is too old.
    fn newly_used_accounts<'a>(
        &self,
        rows: impl Iterator<Item = &'a request::Model>,
    ) -> Vec<(Uuid, DateTime<Utc>)> {
        let mut latest: HashMap<Uuid, DateTime<Utc>> = HashMap::new();
        for row in rows {
            let at = DateTime::from_timestamp_micros(row.started_at);
            if let Some((id, at)) = row.account_id.zip(at) {
                let known = latest.entry(id).or_insert(at);
                *known = Ord::max(at, *known);
            }
        }
        latest.retain(|id, at| {
            let stored = self.last_used.get(id);
            stored.is_none_or(|stored| *at - *stored > USED_PRECISION)
        });
        latest.into_iter().collect()
    }
}

/// A key with its new `lastUsedAt`.
#[derive(Debug)]
struct Used {
    api_key_id: Uuid,
    user_id: Uuid,
    at: DateTime<Utc>,
}

async fn set_last_used(connection: &impl ConnectionTrait, used: &[Used]) -> Result<(), DbErr> {
    for used in used {
        api_key::Entity::update_many()
            .col_expr(api_key::Column::LastUsedAt, Expr::value(used.at))
            .filter(api_key::Column::Id.eq(used.api_key_id))
            .exec(connection)
            .await?;
        user::Entity::update_many()
            .col_expr(user::Column::LastUsedAt, Expr::value(used.at))
            .filter(user::Column::Id.eq(used.user_id))
            .exec(connection)
            .await?;
    }
    Ok(())
}

async fn set_account_last_used(
    connection: &impl ConnectionTrait,
    used: &[(Uuid, DateTime<Utc>)],
) -> Result<(), DbErr> {
    let column = provider_account::Column::LastUsedAt;
    for (id, at) in used {
        // The engine may report late on an early request.
        let is_later = column.is_null().or(column.lt(*at));
        provider_account::Entity::update_many()
            .col_expr(column, Expr::value(*at))
            .filter(provider_account::Column::Id.eq(*id))
            .filter(is_later)
            .exec(connection)
            .await?;
    }
    Ok(())
}

/// Adds usage to quotas, one row per quota and bucket.
async fn add_charges(
    connection: &impl ConnectionTrait,
    charges: &[(Uuid, Charge)],
) -> Result<(), DbErr> {
    let mut sums: BTreeMap<(Uuid, i64), i64> = BTreeMap::new();
    for (_, charge) in charges {
        let sum = sums.entry((charge.quota_id, charge.bucket)).or_default();
        *sum = sum.saturating_add(charge.amount);
    }
    let rows: Vec<quota_bucket::ActiveModel> = sums
        .into_iter()
        .map(|((quota_id, starts_at), used)| quota_bucket::ActiveModel {
            quota_id: Set(quota_id),
            starts_at: Set(starts_at),
            used: Set(used),
        })
        .collect();
    for rows in rows.chunks(1000) {
        let used = Expr::col((quota_bucket::Entity, quota_bucket::Column::Used)).add(Expr::col((
            Alias::new("excluded"),
            quota_bucket::Column::Used,
        )));
        let mut conflict = OnConflict::columns([
            quota_bucket::Column::QuotaId,
            quota_bucket::Column::StartsAt,
        ]);
        conflict.value(quota_bucket::Column::Used, used);
        quota_bucket::Entity::insert_many(rows.iter().cloned())
            .on_conflict(conflict)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// Adds to the tokens that users have used since their last reset.
async fn add_tokens(
    connection: &impl ConnectionTrait,
    entries: &[RollupEntry<'_>],
) -> Result<(), DbErr> {
    let mut sums: BTreeMap<Uuid, i64> = BTreeMap::new();
    for entry in entries {
        let tokens = tokens_of(entry.row).map_or(0, Tokens::total);
        *sums.entry(entry.row.user_id).or_default() += tokens.saturating_mul(entry.sign);
    }
    for (user_id, tokens) in sums.into_iter().filter(|(_, tokens)| *tokens != 0) {
        let used = Expr::col(user::Column::UsedTokens).add(tokens);
        user::Entity::update_many()
            .col_expr(user::Column::UsedTokens, used)
            .filter(user::Column::Id.eq(user_id))
            .exec(connection)
            .await?;
    }
    Ok(())
}

/// Stores the number of the batch, by which [`RequestStore::is_written`] recognises it. The first batch of a server
/// removes the numbers of servers that have ended.
async fn set_batch_number(
    connection: &impl ConnectionTrait,
    incarnation: i64,
    number: i64,
) -> Result<(), DbErr> {
    let row = ledger_batch::ActiveModel {
        incarnation: Set(incarnation),
        number: Set(number),
    };
    let mut conflict = OnConflict::column(ledger_batch::Column::Incarnation);
    conflict.update_column(ledger_batch::Column::Number);
    ledger_batch::Entity::insert(row)
        .on_conflict(conflict)
        .exec_without_returning(connection)
        .await?;
    if number == 1 {
        let running = Query::select()
            .column(replica::Column::Incarnation)
            .from(replica::Entity)
            .to_owned();
        ledger_batch::Entity::delete_many()
            .filter(ledger_batch::Column::Incarnation.not_in_subquery(running))
            .exec(connection)
            .await?;
    }
    Ok(())
}
