//! The journal: every request is noted in a file before it is forwarded, and again before the end of
//! its answer is released. What the file says survives the process, so a server that is killed loses
//! nothing that a client has seen, and the database may be written in large batches, or be away.
//!
//! One task owns the file and writes what all others that are ready have to say with one call.

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

/// The usual length of a line, in bytes.
const LINE: usize = 768;

/// Where the task is told what to note.
#[derive(Clone, Debug)]
pub(super) struct Journal {
    entries: mpsc::UnboundedSender<Entry>,
    outage: Arc<Outage>,
}

/// One line, and who waits for it.
#[derive(Debug)]
enum Entry {
    /// What would be recorded if the process ended now.
    Note {
        id: Uuid,
        line: Vec<u8>,
        written: oneshot::Sender<io::Result<PendingEntry>>,
    },
    /// What is recorded. It goes on to the database.
    End {
        line: Vec<u8>,
        settlement: Box<Settlement>,
        written: oneshot::Sender<()>,
    },
    /// What was noted never happened.
    Void { line: Vec<u8> },
    /// A new file begins.
    Renew { done: oneshot::Sender<()> },
}

impl Entry {
    fn line(&self) -> &[u8] {
        match self {
            Self::Note { line, .. } | Self::End { line, .. } | Self::Void { line } => line,
            Self::Renew { .. } => &[],
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

/// What was noted and may not be in the database yet.
#[derive(Debug)]
pub(super) struct OpenedJournal {
    pub(super) journal: Journal,
    /// To be counted before anything else is.
    pub(super) left_over: Vec<RequestRecord>,
    pub(super) segments: Arc<Segments>,
    pub(super) held: ReplayWindow,
}

/// Which requests the journal may still bring back after a kill. Knowing this keeps nothing alive.
#[derive(Clone, Debug)]
pub struct ReplayWindow {
    journal: mpsc::WeakUnboundedSender<Entry>,
    segments: Arc<Segments>,
}

impl ReplayWindow {
    /// Lets go of all that is in the database, and tells when the oldest request began of which that is
    /// not certain, in milliseconds since 1970. While the journal is being closed, that is any.
    pub(in crate::domain) async fn since(&self) -> u64 {
        let (done, renewed) = oneshot::channel();
        let Some(journal) = self.journal.upgrade() else {
            return 0;
        };
        let _ = journal.send(Entry::Renew { done });
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
    /// Opens the journal in a directory of its own and reads what an earlier process left there. What
    /// ends goes on to `settled`. Its task runs on `tasks` until nobody can note anything any more.
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

    /// Whether the file cannot be written. Requests that are refused for it are counted there.
    pub(super) fn outage(&self) -> &Outage {
        &self.outage
    }

    /// Notes what would be recorded if the process ended now.
    pub(super) fn note(&self, record: &RequestRecord) -> Noted {
        let (written, result) = oneshot::channel();
        let line = line(&Line::Request(record));
        // When the task is gone, the waiting end learns it from the dropped sender.
        let id = record.id;
        let _ = self.entries.send(Entry::Note { id, line, written });
        Noted(result)
    }

    /// Notes what is recorded, and passes it on to the database.
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

    /// Notes that a request was not forwarded after all.
    pub(super) fn void(&self, id: Uuid) {
        let line = line(&Line::<()>::Void(id));
        let _ = self.entries.send(Entry::Void { line });
    }
}

/// Ready once the note is in the file, or cannot be.
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
    /// Who asked has left: nothing is owed.
    fn drop(&mut self) {
        self.0.close();
        if let Ok(Ok(pending)) = self.0.try_recv() {
            pending.release();
        }
    }
}

/// Ready once the end of a request is on record: in the file, or failing that in the database. It is
/// ready as well when neither can be written; what is owed is then kept in memory.
#[derive(Debug)]
pub struct Written(oneshot::Receiver<()>);

impl Future for Written {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(|_| ())
    }
}

/// A record has no map with odd keys and no number that JSON lacks, so it can always be written.
fn line<Record: serde::Serialize>(line: &Line<Record>) -> Vec<u8> {
    let mut text = Vec::with_capacity(LINE);
    if serde_json::to_writer(&mut text, line).is_err() {
        text.clear();
    }
    text.push(b'\n');
    text
}
