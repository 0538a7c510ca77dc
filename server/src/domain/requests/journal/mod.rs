//! The journal: every request is written to a file before it is forwarded, and again before the end of its
//! response is sent. The file survives the process, so a killed server loses no request whose response a
//! client has seen, and the database may be written in large batches or be unavailable.
//!
//! One task owns the file and appends all pending lines with one call.

mod segment;
mod task;

use std::{
    future::Future,
    io,
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use self::segment::PendingEntry;
pub(super) use self::segment::Segments;
use super::{RequestRecord, settlement::Settlement};
use crate::outage::Outage;

/// A usual length of a line, in bytes.
const LINE: usize = 768;

/// Sends entries to the task. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Journal {
    entries: mpsc::UnboundedSender<Entry>,
    outage: Arc<Outage>,
}

/// A line and what happens once it is written.
#[derive(Debug)]
enum Entry {
    /// The record that stands for the request if the process is killed.
    Note {
        id: Uuid,
        line: Vec<u8>,
        written: oneshot::Sender<io::Result<PendingEntry>>,
    },
    /// The final record, which is also sent to the database writer.
    End {
        line: Vec<u8>,
        settlement: Box<Settlement>,
        written: oneshot::Sender<()>,
    },
    /// The request was not forwarded.
    Void { line: Vec<u8> },
    /// Starts a new file.
    Rotate { done: oneshot::Sender<()> },
}

impl Entry {
    fn line(&self) -> &[u8] {
        match self {
            Self::Note { line, .. } | Self::End { line, .. } | Self::Void { line } => line,
            Self::Rotate { .. } => &[],
        }
    }
}

/// A line of the file.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line<Record> {
    Request(Record),
    Void(Uuid),
}

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
    journal: mpsc::WeakUnboundedSender<Entry>,
    segments: Arc<Segments>,
}

impl ReplayWindow {
    /// Removes files that are no longer needed. Returns the start of the oldest request that may be replayed, in
    /// milliseconds since 1970; 0 while the journal is being closed.
    pub(in crate::domain) async fn since(&self) -> u64 {
        let (done, renewed) = oneshot::channel();
        let Some(journal) = self.journal.upgrade() else {
            return 0;
        };
        let _ = journal.send(Entry::Rotate { done });
        drop(journal);
        if renewed.await.is_err() {
            return 0;
        }
        let segments = Arc::clone(&self.segments);
        let oldest = spawn_blocking(move || segments.oldest()).await;
        oldest.unwrap_or(0)
    }
}

impl Journal {
    /// Opens the journal in its own directory and reads what an earlier process left there. Final records are
    /// sent to `settled`. The task runs on `tasks` until all senders are dropped.
    pub(super) fn open(
        directory: &Path,
        settled: mpsc::UnboundedSender<Settlement>,
        tasks: &TaskTracker,
    ) -> io::Result<OpenedJournal> {
        let (segments, left_over) = Segments::open(directory)?;
        let segments = Arc::new(segments);
        let (sender, inbox) = mpsc::unbounded_channel();
        let outage = Arc::new(Outage::new(Duration::ZERO));
        let writer =
            task::JournalWriter::new(Arc::clone(&segments), inbox, settled, Arc::clone(&outage))?;
        tasks.spawn(writer.run());
        let held = ReplayWindow {
            journal: sender.downgrade(),
            segments: Arc::clone(&segments),
        };
        Ok(OpenedJournal {
            journal: Self {
                entries: sender,
                outage,
            },
            left_over,
            segments,
            held,
        })
    }

    /// Failing while the file cannot be written; counts the requests rejected meanwhile.
    pub(super) fn outage(&self) -> &Arc<Outage> {
        &self.outage
    }

    /// Writes the record that stands for the request if the process is killed.
    pub(super) fn note(&self, record: &RequestRecord) -> Noted {
        let (written, result) = oneshot::channel();
        let line = line(&Line::Request(record));
        // If the task has ended, the dropped sender resolves the result with an error.
        let id = record.id;
        let _ = self.entries.send(Entry::Note { id, line, written });
        Noted(result)
    }

    /// Writes the final record and sends it to the database writer.
    pub(super) fn end(&self, settlement: Settlement) -> Written {
        let (written, result) = oneshot::channel();
        let entry = Entry::End {
            line: line(&Line::Request(&settlement.record)),
            settlement: Box::new(settlement),
            written,
        };
        let _ = self.entries.send(entry);
        Written(result)
    }

    /// Writes that a request was not forwarded.
    pub(super) fn void(&self, id: Uuid) {
        let line = line(&Line::<()>::Void(id));
        let _ = self.entries.send(Entry::Void { line });
    }
}

/// Ready once the entry is in the file or failed.
#[derive(Debug)]
pub struct Noted(oneshot::Receiver<io::Result<PendingEntry>>);

impl Future for Noted {
    type Output = io::Result<PendingEntry>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(result.unwrap_or_else(|_| Err(io::Error::other("the journal is closed"))))
    }
}

impl Drop for Noted {
    /// The caller is gone; release the entry.
    fn drop(&mut self) {
        self.0.close();
        if let Ok(Ok(pending)) = self.0.try_recv() {
            pending.release();
        }
    }
}

/// Ready once the final record is in the file, or in the database if the file cannot be written. Also ready when
/// neither can be written; the record is then kept in memory.
#[derive(Debug)]
pub struct Written(oneshot::Receiver<()>);

impl Future for Written {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(|_| ())
    }
}

/// Records serialize without errors: they have no maps with other keys than strings and no NaN.
fn line<Record: serde::Serialize>(line: &Line<Record>) -> Vec<u8> {
    let mut text = Vec::with_capacity(LINE);
    if serde_json::to_writer(&mut text, line).is_err() {
        text.clear();
    }
    text.push(b'\n');
    text
}
