//! The request log: requests are recorded at their end, listed in pages and streamed live.

mod account_traffic;
mod addresses;
mod batch;
mod correction;
mod feed;
mod filter;
mod histogram;
mod insert;
mod journal;
mod live_usage;
mod observer;
mod pricing;
mod reconcile;
mod record;
mod recorder;
mod reports;
mod settlement;
mod writer;

use std::{collections::VecDeque, path::PathBuf, sync::Arc};

use entity::request::{self, Entity as Request};
use futures_util::Stream;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, Order, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use tokio::sync::{Semaphore, broadcast, mpsc};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use self::{
    account_traffic::AccountTraffic,
    addresses::{AddressUse, RecentAddress},
    filter::{IdRange, RequestFilter, StatusRange},
    histogram::{HistogramBucket, HistogramRange, RequestHistogram},
    journal::{JournalSync, Noted, PendingEntry, ReplayWindow, Written},
    live_usage::UsageTick,
    observer::{NoObserver, RequestChange, WriterObserver},
    pricing::{CostBasis, tier_of},
    record::{KILLED, RequestRecord, finished_at},
    recorder::{RecordPermit, Recorder},
};
use self::{
    batch::RequestStore,
    correction::CorrectionSchedule,
    journal::{Journal, Segments},
    reconcile::UnmatchedReports,
    recorder::{PERMITS, WriterHealth},
    writer::RequestWriter,
};
pub use super::tokens::tokens_of;
use super::{
    Error, Result,
    engine_usage::EngineUsage,
    ledger::Ledger,
    paging::{Page, PageRequest},
    prices::Prices,
};
use crate::{clock::SharedClock, db::Database, outage::Outage};

/// Requests that a live reader may lag behind before it reads from the database instead.
const FEED_LENGTH: usize = 1024;
/// Usage reports of the engine that wait for the writer task.
const REPORTS: usize = 4096;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct RequestLog {
    db: Database,
    feed: broadcast::Sender<Arc<request::Model>>,
    state: WriterState,
}

/// The state of the writer. Holding it does not keep the writer running.
#[derive(Clone, Debug)]
pub struct WriterState {
    permits: Arc<Semaphore>,
    health: WriterHealth,
    journal: Arc<Outage>,
    segments: Arc<Segments>,
}

impl WriterState {
    /// Requests in flight or not in the database yet.
    pub fn in_flight(&self) -> usize {
        PERMITS.saturating_sub(self.permits.available_permits())
    }

    /// The limit of [`WriterState::in_flight`].
    pub fn max_in_flight(&self) -> usize {
        PERMITS
    }

    /// Whether the last transaction failed.
    pub fn is_failing(&self) -> bool {
        self.health.0.is_failing()
    }

    /// Whether the journal cannot be written, so that requests are rejected.
    pub fn is_journal_failing(&self) -> bool {
        self.journal.is_failing()
    }

    /// Entries in the journal whose requests are not in the database yet.
    pub fn pending_entries(&self) -> u64 {
        self.segments.pending_entries()
    }
}

/// The parts of a [`RequestLog`].
#[derive(Debug)]
pub struct RequestLogOptions {
    pub db: Database,
    pub clock: SharedClock,
    pub ledger: Ledger,
    pub prices: Prices,
    /// The directory of the journal.
    pub journal: PathBuf,
    pub journal_sync: JournalSync,
    pub observer: Arc<dyn WriterObserver>,
}

/// The senders of records and usage reports, and what the journal may replay.
#[derive(Clone, Debug)]
pub struct Handles {
    pub recorder: Recorder,
    pub reports: mpsc::Sender<EngineUsage>,
    pub held: ReplayWindow,
}

impl RequestLog {
    /// Replays the journal of an earlier process and starts the writer task on `tasks`, which runs until all
    /// handles are dropped.
    pub async fn open(options: RequestLogOptions, tasks: &TaskTracker) -> Result<(Self, Handles)> {
        let (feed, _) = broadcast::channel(FEED_LENGTH);
        let (settled, outbox) = mpsc::unbounded_channel();
        let (reports, inbox) = mpsc::channel(REPORTS);
        let opened = Journal::open(&options.journal, options.journal_sync, settled, tasks);
        let opened = opened.map_err(|error| {
            let path = options.journal.display();
            anyhow::Error::new(error).context(format!("cannot open the journal in {path}"))
        })?;
        let health = WriterHealth::default();
        let (prices, ledger) = (options.prices.clone(), options.ledger.clone());
        let corrections = CorrectionSchedule::new(prices.changes());
        let recorder = Recorder::new(opened.journal, prices, ledger, health.clone());
        let state = WriterState {
            permits: recorder.permits(),
            health: health.clone(),
            journal: recorder.journal_outage(),
            segments: Arc::clone(&opened.segments),
        };
        let db = options.db.clone();
        let mut writer = RequestWriter {
            next_sequence: last_sequence(&db).await? + 1,
            store: RequestStore::open(
                options.db,
                options.clock,
                options.ledger,
                options.prices,
                options.observer,
            )
            .await?,
            settled: outbox,
            reports: inbox,
            feed: feed.clone(),
            health,
            segments: opened.segments,
            unmatched: UnmatchedReports::default(),
            corrections,
        };
        writer.recover(opened.left_over).await?;
        tasks.spawn(writer.run());
        let handles = Handles {
            recorder,
            reports,
            held: opened.held,
        };
        Ok((Self { db, feed, state }, handles))
    }

    /// The state of the writer.
    pub fn state(&self) -> &WriterState {
        &self.state
    }

    /// The sequence number of the last stored request; 0 before the first.
    pub async fn last_sequence(&self) -> Result<i64> {
        last_sequence(&self.db).await
    }

    /// Finds a request.
    pub async fn find(&self, id: Uuid) -> Result<Option<request::Model>> {
        Ok(Request::find_by_id(id).one(self.db.reader()).await?)
    }

    /// A page of requests, the latest first. A cursor is a sequence number.
    pub async fn list(
        &self,
        filter: &RequestFilter,
        page: &PageRequest,
    ) -> Result<Page<request::Model>> {
        let window = page.window()?;
        let mut query = filter.select();
        if let Some(cursor) = &window.cursor {
            let sequence = sequence_of(cursor)?;
            query = query.filter(if window.backwards {
                request::Column::Sequence.gt(sequence)
            } else {
                request::Column::Sequence.lt(sequence)
            });
        }
        let direction = if window.backwards {
            Order::Asc
        } else {
            Order::Desc
        };
        let rows = query
            .order_by(request::Column::Sequence, direction)
            .limit(window.limit + 1)
            .all(self.db.reader())
            .await?;
        Ok(window.page(rows))
    }

    /// Streams requests as they are stored; with a cursor, first those stored after it.
    pub async fn follow(
        &self,
        filter: RequestFilter,
        after: Option<&str>,
    ) -> Result<impl Stream<Item = Result<Arc<request::Model>>> + Send + use<>> {
        // Subscribe before reading, so that no request is missed between the two.
        let live = self.feed.subscribe();
        let last = match after {
            Some(cursor) => sequence_of(cursor)?,
            None => last_sequence(&self.db).await?,
        };
        let follower = feed::FeedReader {
            db: self.db.clone(),
            live,
            filter,
            last,
            behind: after.is_some(),
            ready: VecDeque::new(),
        };
        Ok(follower.stream())
    }
}

/// The sequence number of the last stored request; 0 before the first.
pub(in crate::domain) async fn last_sequence(db: &Database) -> Result<i64> {
    let latest = Request::find()
        .select_only()
        .column(request::Column::Sequence)
        .order_by_desc(request::Column::Sequence)
        .into_tuple::<i64>();
    Ok(latest.one(db.reader()).await?.unwrap_or(0))
}

/// The cursor of a request, for [`RequestLog::list`] and [`RequestLog::follow`].
pub fn cursor(row: &request::Model) -> String {
    row.sequence.to_string()
}

pub(super) fn sequence_of(cursor: &str) -> Result<i64> {
    cursor
        .parse()
        .map_err(|_| Error::bad_input("invalid cursor; use one that this list has returned"))
}
