//! The one task that writes requests: everything that waits goes into one transaction, so that many
//! requests share the price of a commit.

use std::{mem, sync::Arc, time::Duration};

use entity::request::{self, Entity as Request};
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use tokio::{
    sync::{broadcast, mpsc},
    time::sleep,
};
use uuid::Uuid;

use super::{
    RequestRecord,
    batch::{Batch, RequestStore},
    pricing, reconcile,
    recorder::WriterHealth,
};
use crate::domain::{
    engine_usage::EngineUsage,
    ledger::{PendingSettlement, Segments, Settlement},
};

const RECORDS_PER_TRANSACTION: usize = 2_000;
/// A batch that is smaller waits a moment for company: a commit costs the same for one row as for many,
/// and so do sums.
const FULL_BATCH: usize = 512;
const BATCH_DELAY: Duration = Duration::from_millis(5);
/// From this many rows after that on, more come soon.
const BUSY_THRESHOLD: usize = 32;
const BUSY_BATCH_DELAY: Duration = Duration::from_millis(20);
const FIRST_RETRY: Duration = Duration::from_millis(50);
const LONGEST_RETRY: Duration = Duration::from_secs(2);
/// Identifiers in one query.
const IDS: usize = 500;

/// Writes requests in the order of their ends and tells who follows.
#[derive(Debug)]
pub(super) struct RequestWriter {
    pub(super) book: RequestStore,
    pub(super) settled: mpsc::UnboundedReceiver<Settlement>,
    pub(super) reports: mpsc::Receiver<EngineUsage>,
    pub(super) feed: broadcast::Sender<Arc<request::Model>>,
    pub(super) health: WriterHealth,
    pub(super) segments: Arc<Segments>,
    pub(super) next_sequence: i64,
    pub(super) waiting: reconcile::UnmatchedReports,
}

impl RequestWriter {
    /// Writes what an earlier process has noted and not written.
    pub(super) async fn recover(&mut self, left_over: Vec<RequestRecord>) -> Result<(), DbErr> {
        let mut recovered = 0;
        for records in left_over.chunks(IDS) {
            let ids = records.iter().map(|record| record.id);
            let known: Vec<Uuid> = Request::find()
                .select_only()
                .column(request::Column::Id)
                .filter(request::Column::Id.is_in(ids))
                .into_tuple()
                .all(self.book.db.writer())
                .await?;
            let missing = records.iter().filter(|record| !known.contains(&record.id));
            let settlements: Vec<Settlement> = missing.cloned().map(without_debts).collect();
            recovered += settlements.len();
            let batch = self.batch(settlements, Vec::new());
            match self.book.write(&batch).await {
                Ok(unknown) => self.finish(batch, unknown),
                // One odd record must not keep the server from starting.
                Err(error) if error.sql_err().is_some() => self.write(batch).await,
                Err(error) => return Err(error),
            }
        }
        if recovered > 0 {
            tracing::warn!(
                requests = recovered,
                "the server was killed; what it had not written yet is written now"
            );
        }
        self.segments.forget_left_over();
        Ok(())
    }

    /// Runs until every recorder and reporter is gone and all they brought is written.
    pub(super) async fn run(mut self) {
        let mut settled = Vec::new();
        let mut reports = Vec::new();
        let (mut is_recording, mut is_reporting) = (true, true);
        while is_recording || is_reporting {
            tokio::select! {
                count = self.settled.recv_many(&mut settled, RECORDS_PER_TRANSACTION), if is_recording => is_recording = count > 0,
                count = self.reports.recv_many(&mut reports, RECORDS_PER_TRANSACTION), if is_reporting => is_reporting = count > 0,
            }
            if is_recording && settled.len() < FULL_BATCH {
                sleep(BATCH_DELAY).await;
                self.collect(&mut settled);
            }
            if (BUSY_THRESHOLD..FULL_BATCH).contains(&settled.len()) {
                sleep(BUSY_BATCH_DELAY).await;
                self.collect(&mut settled);
            }
            let batch = self.batch(mem::take(&mut settled), mem::take(&mut reports));
            self.write(batch).await;
        }
        self.segments.sweep();
    }

    /// Takes what came meanwhile.
    fn collect(&mut self, settled: &mut Vec<Settlement>) {
        while settled.len() < RECORDS_PER_TRANSACTION
            && let Ok(settlement) = self.settled.try_recv()
        {
            settled.push(settlement);
        }
    }

    fn batch(&mut self, settlements: Vec<Settlement>, reports: Vec<EngineUsage>) -> Batch {
        let prices = self.book.prices.current();
        let mut rows = Vec::with_capacity(settlements.len());
        let mut owed = Vec::with_capacity(settlements.len());
        for settlement in settlements {
            let mut row = settlement.record.into_row(self.next_sequence);
            owed.push(settlement.owed);
            self.next_sequence += 1;
            self.waiting.apply_to(&mut row);
            pricing::put_on(&mut row, &prices);
            rows.push(row);
        }
        self.book.batch(rows, owed, reports)
    }

    /// Writes a batch however long it takes: what is not written yet is kept, and the gateway lets
    /// nothing more in meanwhile.
    async fn write(&mut self, mut batch: Batch) {
        let mut delay = FIRST_RETRY;
        let unknown = loop {
            let count = batch.rows.len() + self.settled.len();
            self.book.observer.pending(batch.rows.first(), count);
            match self.book.write(&batch).await {
                Ok(unknown) => break unknown,
                Err(error) if error.sql_err().is_some() && batch.rows.len() > 1 => {
                    tracing::error!(%error, rows = batch.rows.len(), "a request breaks a rule of the schema; writing one by one");
                    for single in self.book.singles(batch) {
                        Box::pin(self.write(single)).await;
                    }
                    return;
                }
                Err(error) if error.sql_err().is_some() => {
                    let ids: Vec<Uuid> = batch.rows.iter().map(|row| row.id).collect();
                    tracing::error!(%error, request.ids = ?ids, "this cannot be recorded");
                    self.book.observer.lost(ids.len());
                    break Vec::new();
                }
                Err(error) => {
                    if self.health.0.begin() {
                        tracing::error!(%error, rows = batch.rows.len(), "the database cannot be written; new requests are refused until it can");
                    }
                    self.book.observer.failed();
                    batch.owed.iter_mut().for_each(PendingSettlement::let_go);
                    sleep(delay).await;
                    delay = (delay * 2).min(LONGEST_RETRY);
                }
            }
        };
        if let Some(ended) = self.health.0.worked() {
            tracing::info!(
                elapsed_ms = ended.lasted_ms(),
                refused = ended.failures,
                "the database can be written again"
            );
        }
        self.book.observer.pending(None, self.settled.len());
        self.finish(batch, unknown);
    }

    /// The batch is in the database.
    fn finish(&mut self, batch: Batch, unknown: Vec<EngineUsage>) {
        for usage in unknown {
            self.waiting.keep(usage);
        }
        batch.owed.into_iter().for_each(PendingSettlement::settled);
        for row in batch.rows {
            // Nobody listening is no error.
            let _ = self.feed.send(Arc::new(row));
        }
    }
}

/// What an earlier process has noted. Nothing is held back for it any more.
fn without_debts(record: RequestRecord) -> Settlement {
    Settlement {
        record,
        owed: PendingSettlement::default(),
    }
}
