//! The one task that writes requests: everything that waits goes into one transaction, so that many
//! requests share the price of a commit.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    api_key,
    request::{self, Entity as Request},
    user,
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Expr,
};
use tokio::{
    sync::{broadcast, mpsc},
    time::sleep,
};
use uuid::Uuid;

use super::{RequestRecord, insert::Inserts, reconcile};
use crate::{
    db::Database,
    domain::{
        engine_usage::EngineUsage,
        usage::rollup::{Entry, add_up},
    },
};

const RECORDS_PER_TRANSACTION: usize = 2_000;
/// A batch that is smaller waits a moment for company: a commit costs the same for one row as for many.
const WORTH_A_COMMIT: usize = 128;
const COMPANY: Duration = Duration::from_millis(5);
/// How stale "last used" may be: it would cost a write per request.
const USED_PRECISION: TimeDelta = TimeDelta::seconds(30);
const LONGEST_RETRY: Duration = Duration::from_secs(10);

/// Writes records in the order of their ends and tells who follows.
#[derive(Debug)]
pub(super) struct Writer {
    db: Database,
    records: mpsc::Receiver<RequestRecord>,
    reports: mpsc::Receiver<EngineUsage>,
    feed: broadcast::Sender<Arc<request::Model>>,
    next_sequence: i64,
    waiting: reconcile::Waiting,
    inserts: Inserts,
    /// When a key was last noted as used, to spare writes.
    noted: HashMap<Uuid, DateTime<Utc>>,
}

/// What one transaction writes.
#[derive(Debug, Default)]
struct Batch {
    rows: Vec<request::Model>,
    reports: Vec<EngineUsage>,
}

impl Writer {
    pub(super) async fn new(
        db: Database,
        records: mpsc::Receiver<RequestRecord>,
        reports: mpsc::Receiver<EngineUsage>,
        feed: broadcast::Sender<Arc<request::Model>>,
    ) -> Result<Self, DbErr> {
        let last: Option<Option<i64>> = Request::find()
            .select_only()
            .column_as(request::Column::Sequence.max(), "last")
            .into_tuple()
            .one(db.reader())
            .await?;
        Ok(Self {
            db,
            records,
            reports,
            feed,
            next_sequence: last.flatten().unwrap_or(0) + 1,
            waiting: reconcile::Waiting::default(),
            inserts: Inserts::default(),
            noted: HashMap::new(),
        })
    }

    /// Runs until every recorder and reporter is gone and all they brought is written.
    pub(super) async fn run(mut self) {
        let mut records = Vec::new();
        let mut reports = Vec::new();
        let (mut is_recording, mut is_reporting) = (true, true);
        while is_recording || is_reporting {
            tokio::select! {
                count = self.records.recv_many(&mut records, RECORDS_PER_TRANSACTION), if is_recording => is_recording = count > 0,
                count = self.reports.recv_many(&mut reports, RECORDS_PER_TRANSACTION), if is_reporting => is_reporting = count > 0,
            }
            if is_recording && records.len() < WORTH_A_COMMIT {
                sleep(COMPANY).await;
                self.collect(&mut records);
            }
            let batch = self.batch(records.drain(..), std::mem::take(&mut reports));
            self.write(batch).await;
        }
    }

    /// Takes what came meanwhile.
    fn collect(&mut self, records: &mut Vec<RequestRecord>) {
        while records.len() < RECORDS_PER_TRANSACTION
            && let Ok(record) = self.records.try_recv()
        {
            records.push(record);
        }
    }

    fn batch(
        &mut self,
        records: impl Iterator<Item = RequestRecord>,
        reports: Vec<EngineUsage>,
    ) -> Batch {
        let mut rows = Vec::with_capacity(records.size_hint().0);
        for record in records {
            let mut row = record.into_row(self.next_sequence);
            self.next_sequence += 1;
            self.waiting.apply_to(&mut row);
            rows.push(row);
        }
        Batch { rows, reports }
    }

    /// Writes a batch however long it takes: what is not written yet is kept, and the gateway lets no
    /// more in than there are places.
    async fn write(&mut self, batch: Batch) {
        let mut delay = Duration::from_millis(50);
        let unknown = loop {
            match self.try_write(&batch).await {
                Ok(unknown) => break unknown,
                Err(error) if error.sql_err().is_some() && !batch.rows.is_empty() => {
                    self.write_one_by_one(&batch.rows).await;
                    break Vec::new();
                }
                Err(error) => {
                    tracing::error!(%error, rows = batch.rows.len(), "cannot record requests; trying again");
                    sleep(delay).await;
                    delay = (delay * 2).min(LONGEST_RETRY);
                }
            }
        };
        for usage in unknown {
            self.waiting.keep(usage);
        }
        for row in batch.rows {
            // Nobody listening is no error.
            let _ = self.feed.send(Arc::new(row));
        }
    }

    /// Returns the engine's reports whose requests are not stored yet.
    async fn try_write(&mut self, batch: &Batch) -> Result<Vec<EngineUsage>, DbErr> {
        let transaction = self.db.begin().await?;
        self.inserts.insert(&transaction, &batch.rows).await?;
        let added: Vec<_> = batch.rows.iter().map(Entry::added).collect();
        add_up(&transaction, &added).await?;
        let used = self.newly_used(&batch.rows);
        note_use(&transaction, &used).await?;
        let unknown = settle_reports(&transaction, &batch.reports).await?;
        transaction.commit().await?;
        self.noted
            .extend(used.iter().map(|used| (used.api_key_id, used.at)));
        Ok(unknown)
    }

    /// A row that breaks a rule of the schema must not hold up the others.
    async fn write_one_by_one(&self, rows: &[request::Model]) {
        for row in rows {
            let written = self.write_alone(row).await;
            if let Err(error) = written {
                tracing::error!(%error, request.id = %row.id, "this request cannot be recorded");
            }
        }
    }

    async fn write_alone(&self, row: &request::Model) -> Result<(), DbErr> {
        let transaction = self.db.begin().await?;
        Request::insert(row.clone().into_active_model())
            .exec_without_returning(&transaction)
            .await?;
        add_up(&transaction, &[Entry::added(row)]).await?;
        transaction.commit().await
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

async fn settle_reports(
    connection: &impl ConnectionTrait,
    reports: &[EngineUsage],
) -> Result<Vec<EngineUsage>, DbErr> {
    let mut unknown = Vec::new();
    let mut changes = Vec::new();
    for usage in reports {
        let Some(before) = row_of(connection, usage).await? else {
            unknown.push(usage.clone());
            continue;
        };
        let mut row = before.clone();
        if reconcile::apply(&mut row, usage) {
            let row = row.into_active_model().reset_all();
            changes.push((before, row.update(connection).await?));
        }
    }
    let moved = changes.iter();
    let moved = moved.flat_map(|(before, row)| Entry::changed(before, row));
    add_up(connection, &moved.collect::<Vec<_>>()).await?;
    Ok(unknown)
}

/// The row that a report speaks of: the request itself, or the first turn of a WebSocket that has no
/// report yet.
async fn row_of(
    connection: &impl ConnectionTrait,
    usage: &EngineUsage,
) -> Result<Option<request::Model>, DbErr> {
    let unreported = Condition::any()
        .add(request::Column::Reconciliation.is_null())
        .add(request::Column::Reconciliation.eq(request::Reconciliation::WireOnly));
    let turn = Request::find()
        .filter(request::Column::ConnectionId.eq(usage.request_id))
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
