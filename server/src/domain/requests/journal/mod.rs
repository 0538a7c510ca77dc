//! The journal: every request is written to a file before it is forwarded, and again before the end of its
//! response is sent. The file survives the process, so a killed server loses no request whose response a
//! client has seen, and the database may be written in large batches or be unavailable.
//!
//! The task of a request writes its lines itself: a write only copies into the page cache, and no other task has to
//! run. When the disk is slow, or lines must be synced, a blocking thread writes them.

mod line;
mod results;
mod segment;
mod writer;

use std::{
    io,
    path::Path,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
    task::spawn_blocking,
};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use self::writer::{Entry, JournalWriter};
pub(super) use self::{line::LineText, segment::Segments};
pub use self::{
    results::{Noted, Written},
    segment::PendingEntry,
};
use super::{RequestRecord, settlement::Settlement};
use crate::outage::Outage;

/// When lines are made durable against a power failure. The file survives the process in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JournalSync {
    /// Before a request continues. Lines that arrive while the disk is busy share the next sync.
    Always,
    /// Like `Always`, but at most one sync in [`JournalSync::GROUP_INTERVAL`].
    Group,
    /// When the operating system writes them.
    #[default]
    Off,
}

impl JournalSync {
    /// The shortest time between two syncs of a group.
    pub const GROUP_INTERVAL: Duration = Duration::from_millis(5);
}

/// Writes entries. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Journal(Arc<JournalWriter>);

/// The result of [`Journal::open`].
#[derive(Debug)]
pub(super) struct OpenedJournal {
    pub(super) journal: Journal,
    /// Records of an earlier process that may not be in the database; to be written first.
    pub(super) left_over: Vec<RequestRecord>,
    pub(super) segments: Arc<Segments>,
    pub(super) held: ReplayWindow,
}

/// Which requests the journal may still replay. Holding it does not keep the journal open.
#[derive(Clone, Debug)]
pub struct ReplayWindow {
    writer: Weak<JournalWriter>,
    segments: Arc<Segments>,
}

impl ReplayWindow {
    /// Removes files that are no longer needed. Returns the start of the oldest request that may be replayed, in
    /// milliseconds since 1970; 0 while the journal is being closed.
    pub(in crate::domain) async fn since(&self) -> u64 {
        let Some(writer) = self.writer.upgrade() else {
            return 0;
        };
        let segments = Arc::clone(&self.segments);
        let oldest = spawn_blocking(move || {
            writer.rotate();
            segments.oldest()
        });
        oldest.await.unwrap_or(0)
    }
}

impl Journal {
    /// Opens the journal in its own directory and reads what an earlier process left there. Final records are
    /// sent to `settled`. Work that blocks runs on `tasks`.
    pub(super) fn open(
        directory: &Path,
        sync: JournalSync,
        settled: mpsc::UnboundedSender<Settlement>,
        tasks: &TaskTracker,
    ) -> io::Result<OpenedJournal> {
        let (segments, left_over) = Segments::open(directory)?;
        let segments = Arc::new(segments);
        let runtime = (Handle::current(), tasks.clone());
        let writer = JournalWriter::new(Arc::clone(&segments), sync, settled, runtime)?;
        let writer = Arc::new(writer);
        let held = ReplayWindow {
            writer: Arc::downgrade(&writer),
            segments: Arc::clone(&segments),
        };
        Ok(OpenedJournal {
            journal: Self(writer),
            left_over,
            segments,
            held,
        })
    }

    /// Failing while the file cannot be written; counts the requests rejected meanwhile.
    pub(super) fn outage(&self) -> &Arc<Outage> {
        self.0.outage()
    }

    /// Writes the record that stands for the request if the process is killed.
    pub(super) fn note(&self, record: &RequestRecord) -> Noted {
        let (id, line) = (record.id, LineText::of_record(record));
        if let Some(result) = self.0.append_here(&line, |file| file.pending(id)) {
            return Noted::ready(result);
        }
        let (written, result) = oneshot::channel();
        let line = line.into_vec();
        self.0.enqueue(Entry::Note { id, line, written });
        Noted::waiting(result)
    }

    /// Writes the line of the final record and sends its row to the database writer.
    pub(super) fn end(&self, line: LineText, settlement: Settlement) -> Written {
        let id = settlement.row.id;
        if let Some(result) = self.0.append_here(&line, |file| file.pending(id)) {
            return self.0.settle(settlement, result);
        }
        let (written, result) = oneshot::channel();
        self.0.enqueue(Entry::End {
            line: line.into_vec(),
            settlement: Box::new(settlement),
            written,
        });
        Written::waiting(result)
    }

    /// Writes that a request was not forwarded.
    pub(super) fn void(&self, id: Uuid) {
        let line = LineText::of_void(id);
        if self.0.append_here(&line, |_| ()).is_none() {
            let line = line.into_vec();
            self.0.enqueue(Entry::Void { line });
        }
    }
}
