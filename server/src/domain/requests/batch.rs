//! What one transaction writes: requests, what the engine reports of earlier ones, and all sums of them.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Instant,
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{api_key, ledger_batch, provider_account, quota_bucket, request, user};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    sea_query::{Alias, Expr, OnConflict},
};
use uuid::Uuid;

use super::{
    insert::Inserts,
    observer::{RequestChange, WriterObserver},
    record::tokens_of,
    reports,
};
use crate::{
    clock::SharedClock,
    db::Database,
    domain::{
        engine_usage::EngineUsage,
        ledger::{Charge, Ledger, PendingSettlement},
        prices::Prices,
        tokens::Tokens,
        usage::rollup::{RollupEntry, add_up},
    },
};

/// How stale "last used" may be: it would cost a write per request.
const USED_PRECISION: TimeDelta = TimeDelta::seconds(30);
/// The only row of its table.
const LEDGER: i16 = 1;

/// What one transaction writes.
#[derive(Debug, Default)]
pub(super) struct Batch {
    number: i64,
    pub(super) rows: Vec<request::Model>,
    pub(super) owed: Vec<PendingSettlement>,
    reports: Vec<EngineUsage>,
}

/// The book: what batches are written to, in the database and in memory.
#[derive(Debug)]
pub(super) struct RequestStore {
    pub(super) db: Database,
    pub(super) clock: SharedClock,
    pub(super) ledger: Ledger,
    pub(super) prices: Prices,
    pub(super) observer: Arc<dyn WriterObserver>,
    inserts: Inserts,
    /// When a key was last noted as used, to spare writes.
    noted: HashMap<Uuid, DateTime<Utc>>,
    next_batch: i64,
    /// A commit was not answered: it may have happened.
    in_doubt: bool,
}

/// What a transaction has done, to be repeated in memory.
#[derive(Debug, Default)]
struct Done {
    unknown: Vec<EngineUsage>,
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
        let last = ledger_batch::Entity::find_by_id(LEDGER)
            .one(db.writer())
            .await?;
        Ok(Self {
            db,
            clock,
            ledger,
            prices,
            observer,
            inserts: Inserts::default(),
            noted: HashMap::new(),
            next_batch: last.map_or(0, |last| last.number) + 1,
            in_doubt: false,
        })
    }

    /// The next batch.
    pub(super) fn batch(
        &mut self,
        rows: Vec<request::Model>,
        owed: Vec<PendingSettlement>,
        reports: Vec<EngineUsage>,
    ) -> Batch {
        let number = self.next_batch;
        self.next_batch += 1;
        Batch {
            number,
            rows,
            owed,
            reports,
        }
    }

    /// A batch taken apart, so that one bad row holds up no other.
    pub(super) fn singles(&mut self, batch: Batch) -> Vec<Batch> {
        let mut singles = Vec::with_capacity(batch.rows.len() + 1);
        for (row, owed) in batch.rows.into_iter().zip(batch.owed) {
            singles.push(self.batch(vec![row], vec![owed], Vec::new()));
        }
        singles.push(self.batch(Vec::new(), Vec::new(), batch.reports));
        singles
    }

    /// Writes a batch, and takes it over into memory. Returns the engine's reports whose requests are
    /// not stored yet. Trying again after an error is safe: a batch counts once.
    pub(super) async fn write(&mut self, batch: &Batch) -> Result<Vec<EngineUsage>, DbErr> {
        let ledger = self.ledger.clone();
        // Whoever changes quotas reads what was used in between, and not in the middle.
        let _turn = ledger.turn().await;
        let began = Instant::now();
        let written = self.write_once(batch).await;
        self.in_doubt = written.is_err();
        let done = written?;
        let took = began.elapsed();
        self.observer.written(&batch.rows, &done.changes, took);
        let now = self.clock.now();
        for (user_id, charge) in done.charges {
            ledger.user_limits(user_id).add(charge, now);
        }
        let used = done.used.iter().map(|used| (used.api_key_id, used.at));
        self.noted.extend(used);
        self.noted.extend(done.used_accounts);
        Ok(done.unknown)
    }

    async fn write_once(&mut self, batch: &Batch) -> Result<Done, DbErr> {
        if self.in_doubt && self.is_written(batch).await? {
            return self.catch_up(batch).await;
        }
        let mut charges = self.charges(&batch.rows);
        let transaction = self.db.begin().await?;
        self.inserts.insert(&transaction, &batch.rows).await?;
        let used = self.newly_used(&batch.rows);
        note_use(&transaction, &used).await?;
        let settled = reports::settle(&transaction, &batch.reports, &self.prices.current()).await?;
        let mut entries: Vec<RollupEntry<'_>> = batch.rows.iter().map(RollupEntry::added).collect();
        let mut counted = entries.clone();
        for change in &settled.changes {
            let changed = RollupEntry::changed(&change.before, &change.after);
            entries.extend(changed);
            self.learn(&change.after);
            let account = self.ledger.user_limits(change.after.user_id);
            if !account.has_forgotten(&change.before) {
                counted.extend(changed);
                charges.extend(self.difference(&change.before, &change.after));
            }
        }
        let reported = settled.changes.iter().map(|change| &change.after);
        let used_accounts = self.newly_used_accounts(batch.rows.iter().chain(reported));
        note_account_use(&transaction, &used_accounts).await?;
        add_up(&transaction, &entries).await?;
        add_charges(&transaction, &charges).await?;
        add_tokens(&transaction, &counted).await?;
        note_batch(&transaction, batch.number).await?;
        transaction.commit().await?;
        Ok(Done {
            unknown: settled.unknown,
            changes: settled.changes,
            charges,
            used,
            used_accounts,
        })
    }

    /// A batch was written and nobody heard of it: memory follows the database.
    async fn catch_up(&self, batch: &Batch) -> Result<Done, DbErr> {
        self.ledger.read_again(self.db.writer()).await?;
        Ok(Done {
            unknown: reports::unknown(self.db.writer(), &batch.reports).await?,
            ..Done::default()
        })
    }

    /// Whether a commit that was not answered has happened.
    async fn is_written(&self, batch: &Batch) -> Result<bool, DbErr> {
        let last = ledger_batch::Entity::find_by_id(LEDGER)
            .one(self.db.writer())
            .await?;
        Ok(last.is_some_and(|last| last.number == batch.number))
    }

    fn charges(&self, rows: &[request::Model]) -> Vec<(Uuid, Charge)> {
        let prices = self.prices.current();
        let charges = rows.iter().flat_map(|row| {
            let account = self.ledger.user_limits(row.user_id);
            let charges = account.charges(row, prices.aliases());
            charges.into_iter().map(|charge| (row.user_id, charge))
        });
        charges.collect()
    }

    fn difference(&self, before: &request::Model, after: &request::Model) -> Vec<(Uuid, Charge)> {
        let account = self.ledger.user_limits(after.user_id);
        let prices = self.prices.current();
        let aliases = prices.aliases();
        let less = account.charges(before, aliases).into_iter();
        let less = less.map(|charge| Charge {
            amount: -charge.amount,
            ..charge
        });
        let charges = less.chain(account.charges(after, aliases));
        charges.map(|charge| (after.user_id, charge)).collect()
    }

    fn learn(&self, row: &request::Model) {
        if let (Some(model), Some(provider)) = (&row.model, row.provider) {
            self.ledger.learn(model, row.protocol, provider);
        }
    }

    /// Keys whose last use is worth writing.
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
            self.noted
                .get(id)
                .is_none_or(|noted| used.at - *noted > USED_PRECISION)
        });
        latest.into_values().collect()
    }
}

impl RequestStore {
    /// Accounts at providers whose last use is worth writing.
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
            let noted = self.noted.get(id);
            noted.is_none_or(|noted| *at - *noted > USED_PRECISION)
        });
        latest.into_iter().collect()
    }
}

/// A key that was used.
#[derive(Debug)]
struct Used {
    api_key_id: Uuid,
    user_id: Uuid,
    at: DateTime<Utc>,
}

async fn note_use(connection: &impl ConnectionTrait, used: &[Used]) -> Result<(), DbErr> {
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

async fn note_account_use(
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

/// Adds to the quotas. Many requests of one user are one change.
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

/// Adds to what users have used since their last reset.
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

/// Leaves word of which batch was written last.
async fn note_batch(connection: &impl ConnectionTrait, number: i64) -> Result<(), DbErr> {
    let row = ledger_batch::ActiveModel {
        id: Set(LEDGER),
        number: Set(number),
    };
    let mut conflict = OnConflict::column(ledger_batch::Column::Id);
    conflict.update_column(ledger_batch::Column::Number);
    ledger_batch::Entity::insert(row)
        .on_conflict(conflict)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}
