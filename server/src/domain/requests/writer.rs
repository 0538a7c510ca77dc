//! The task that writes requests: all pending requests go into one transaction, so that they share a commit.

use std::{mem, sync::Arc, time::Duration};

use entity::request::{self, Entity as Request, Outcome};
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use tokio::{
    sync::{broadcast, mpsc},
    time::sleep,
};
use uuid::Uuid;

use super::{
    KILLED, RequestRecord,
    batch::{Batch, RequestStore, WrittenBatch},
    correction::CorrectionSchedule,
    journal::Segments,
    pricing::Pricing,
    reconcile,
    recorder::WriterHealth,
    settlement::{PendingSettlement, Settlement},
};
use crate::domain::engine_usage::EngineUsage;

const RECORDS_PER_TRANSACTION: usize = 2_000;
/// Smaller batches wait briefly so that more rows share a commit and the updates of sums.
const FULL_BATCH: usize = 512;
const BATCH_DELAY: Duration = Duration::from_millis(5);
/// Batches of at least this many rows wait a second time: more rows are likely to follow. A larger batch, which fills up sooner,
/// waits less.
const STEADY_THRESHOLD: usize = 4;
const STEADY_BATCH_DELAY: Duration = Duration::from_millis(45);
const BUSY_THRESHOLD: usize = 32;
const BUSY_BATCH_DELAY: Duration = Duration::from_millis(20);
const FIRST_RETRY: Duration = Duration::from_millis(50);
const MAX_RETRY: Duration = Duration::from_secs(2);
/// Ids in one query.
const IDS: usize = 500;

/// Writes requests in the order in which they end, and publishes them to live readers.
#[derive(Debug)]
pub(super) struct RequestWriter {
    pub(super) store: RequestStore,
    pub(super) settled: mpsc::UnboundedReceiver<Settlement>,
    pub(super) reports: mpsc::Receiver<EngineUsage>,
    pub(super) feed: broadcast::Sender<Arc<request::Model>>,
    pub(super) health: WriterHealth,
    pub(super) segments: Arc<Segments>,
    pub(super) next_sequence: i64,
    pub(super) unmatched: reconcile::UnmatchedReports,
    pub(super) corrections: CorrectionSchedule,
}

impl RequestWriter {
    /// Writes the requests that an earlier process left in the journal.
    pub(super) async fn recover(&mut self, left_over: Vec<RequestRecord>) -> Result<(), DbErr> {
        let mut recovered = 0;
        for records in left_over.chunks(IDS) {
            let ids = records.iter().map(|record| record.id);
            let known: Vec<Uuid> = Request::find()
                .select_only()
                .column(request::Column::Id)
                .filter(request::Column::Id.is_in(ids))
                .into_tuple()
                .all(self.store.db.writer())
                .await?;
            let missing = records.iter().filter(|record| !known.contains(&record.id));
            let settlements: Vec<Settlement> = missing.cloned().map(recovered_settlement).collect();
            recovered += settlements.len();
            let batch = self.batch(settlements, Vec::new());
            match self.store.write(&batch).await {
                Ok(written) => self.finish(batch, written),
                // An invalid record must not keep the server from starting.
                Err(error) if error.sql_err().is_some() => self.write(batch).await,
                Err(error) => return Err(error),
            }
        }
        if recovered > 0 {
            tracing::warn!(
                requests = recovered,
                "recovered requests from the journal of a killed server"
            );
        }
        self.segments.release_left_over();
        Ok(())
    }

    /// Runs until all senders are dropped and everything they sent is written.
    pub(super) async fn run(mut self) {
        let mut settled = Vec::new();
        let mut reports = Vec::new();
        let (mut is_recording, mut is_reporting) = (true, true);
        while is_recording || is_reporting {
            let mut correction = None;
            tokio::select! {
                count = self.settled.recv_many(&mut settled, RECORDS_PER_TRANSACTION), if is_recording => is_recording = count > 0,
                count = self.reports.recv_many(&mut reports, RECORDS_PER_TRANSACTION), if is_reporting => is_reporting = count > 0,
                due = self.corrections.due() => correction = Some(due),
            }
            if let Some(correction) = correction {
                let batch = self.store.correction(correction);
                self.write(batch).await;
                continue;
            }
            if is_recording && settled.len() < FULL_BATCH {
                sleep(BATCH_DELAY).await;
                self.collect(&mut settled);
            }
            if let Some(delay) = second_delay(settled.len()) {
                sleep(delay).await;
                self.collect(&mut settled);
            }
            let batch = self.batch(mem::take(&mut settled), mem::take(&mut reports));
            self.write(batch).await;
        }
        self.segments.remove_released();
    }

    /// Takes all pending settlements, up to the maximum.
    fn collect(&mut self, settled: &mut Vec<Settlement>) {
        while settled.len() < RECORDS_PER_TRANSACTION
            && let Ok(settlement) = self.settled.try_recv()
        {
            settled.push(settlement);
        }
    }

    fn batch(&mut self, settlements: Vec<Settlement>, reports: Vec<EngineUsage>) -> Batch {
        let prices = self.store.prices.current();
        let ledger = self.store.ledger.clone();
        let pricing = Pricing {
            prices: &prices,
            ledger: &ledger,
        };
        let now = self.store.clock.now();
        let mut rows = Vec::with_capacity(settlements.len());
        let mut pending = Vec::with_capacity(settlements.len());
        for settlement in settlements {
            let mut row = settlement.row;
            row.sequence = self.next_sequence;
            pending.push(settlement.pending);
            self.next_sequence += 1;
            self.unmatched.apply_to(&mut row);
            pricing.set_cost(&mut row, now);
            rows.push(row);
        }
        self.store.batch(rows, pending, reports)
    }

    /// Retries until the batch is written. Meanwhile the gateway rejects new requests.
    async fn write(&mut self, mut batch: Batch) {
        let mut delay = FIRST_RETRY;
        let written = loop {
            let count = batch.rows.len() + self.settled.len();
            self.store.observer.pending(batch.rows.first(), count);
            match self.store.write(&batch).await {
                Ok(written) => break written,
                Err(error) if error.sql_err().is_some() && batch.rows.len() > 1 => {
                    tracing::error!(%error, rows = batch.rows.len(), "a request violates a constraint of the schema; writing one by one");
                    for single in self.store.split(batch) {
                        Box::pin(self.write(single)).await;
                    }
                    return;
                }
                Err(error) if error.sql_err().is_some() => {
                    let ids: Vec<Uuid> = batch.rows.iter().map(|row| row.id).collect();
                    tracing::error!(%error, request.ids = ?ids, "a request violates a constraint of the schema and is lost");
                    self.store.observer.lost(ids.len());
                    break WrittenBatch::default();
                }
                Err(error) => {
                    if self.health.0.begin() {
                        tracing::error!(%error, rows = batch.rows.len(), "the database cannot be written; new requests are rejected until it can");
                    }
                    self.store.observer.failed();
                    batch
                        .pending
                        .iter_mut()
                        .for_each(PendingSettlement::stop_waiting);
                    sleep(delay).await;
                    delay = (delay * 2).min(MAX_RETRY);
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
        self.store.observer.pending(None, self.settled.len());
        self.finish(batch, written);
    }

    /// Releases and publishes the requests of a committed batch.
    fn finish(&mut self, batch: Batch, written: WrittenBatch) {
        for usage in written.unknown {
            self.unmatched.keep(usage);
        }
        if batch.correction.is_some() {
            self.corrections.advance(written.next_correction);
        }
        batch
            .pending
            .into_iter()
            .for_each(PendingSettlement::commit);
        // A reader that subscribes later finds the rows in the database.
        if self.feed.receiver_count() > 0 {
            for row in batch.rows {
                let _ = self.feed.send(Arc::new(row));
            }
        }
    }
}

/// How long a batch with this many rows waits for more.
fn second_delay(rows: usize) -> Option<Duration> {
    match rows {
        BUSY_THRESHOLD..FULL_BATCH => Some(BUSY_BATCH_DELAY),
        STEADY_THRESHOLD..BUSY_THRESHOLD => Some(STEADY_BATCH_DELAY),
        _ => None,
    }
}

/// A request from the journal of an earlier process. It has no reservation.
fn recovered_settlement(mut record: RequestRecord) -> Settlement {
    if record.outcome == Outcome::Interrupted && record.error_code.is_none() {
        record.error_code = Some(KILLED.to_owned());
    }
    let pending = PendingSettlement {
        session_name: record.take_session_name(),
        ..PendingSettlement::default()
    };
    Settlement {
        row: record.into_row(),
        pending,
    }
}
