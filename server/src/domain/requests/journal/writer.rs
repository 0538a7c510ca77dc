//! Writes lines in place, on the thread of the caller, as long as that does not block. Otherwise they wait in a queue for a
//! blocking thread, which appends all of them with one call.
//!
//! The lines of one request are written in order: while any line is queued, new ones are queued too.

use std::{
    io, mem,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{
    JournalSync, PendingEntry, Written,
    segment::{Segments, Writing},
};
use crate::{domain::requests::settlement::Settlement, outage::Outage};

/// Lines written with one call.
const MAX_LINES: usize = 1024;
/// A longer file is finished and a new one started, in bytes.
const MAX_FILE: u64 = 16 * 1024 * 1024;
/// A longer write has waited for the disk. Nothing waits longer for the write of another request.
const SLOW_APPEND: Duration = Duration::from_millis(2);
/// How long writes go to a blocking thread after a slow one.
const SLOW_MODE_PERIOD: Duration = Duration::from_secs(1);

/// A line that waits for a blocking thread, and what happens once it is written.
#[derive(Debug)]
pub(super) enum Entry {
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
}

impl Entry {
    fn line(&self) -> &[u8] {
        match self {
            Self::Note { line, .. } | Self::End { line, .. } | Self::Void { line } => line,
        }
    }
}

#[derive(Debug)]
pub(super) struct JournalWriter {
    segments: Arc<Segments>,
    sync: JournalSync,
    /// Locked for one write, never across an await.
    file: Mutex<CurrentFile>,
    queue: Mutex<Queue>,
    /// Entries in the queue or being written by the blocking thread.
    queued: AtomicUsize,
    opened: Instant,
    /// Until when writes go to a blocking thread, in milliseconds since `opened`.
    slow_until: AtomicU64,
    settled: mpsc::UnboundedSender<Settlement>,
    /// Failing while writes fail, to log it once.
    outage: Arc<Outage>,
    runtime: Handle,
    tasks: TaskTracker,
}

#[derive(Debug)]
struct CurrentFile {
    /// `None` after a failed write that left a part of a line.
    writing: Option<Writing>,
    /// The length from which a new file is started, in bytes.
    rotate_at: u64,
}

#[derive(Debug, Default)]
struct Queue {
    entries: Vec<Entry>,
    is_flushing: bool,
    /// When the last sync began.
    synced: Option<Instant>,
}

impl JournalWriter {
    /// Starts with a new file.
    pub(super) fn new(
        segments: Arc<Segments>,
        sync: JournalSync,
        settled: mpsc::UnboundedSender<Settlement>,
        (runtime, tasks): (Handle, TaskTracker),
    ) -> io::Result<Self> {
        let writer = Self {
            segments,
            sync,
            file: Mutex::new(CurrentFile {
                writing: None,
                rotate_at: MAX_FILE,
            }),
            queue: Mutex::default(),
            queued: AtomicUsize::new(0),
            opened: Instant::now(),
            slow_until: AtomicU64::new(0),
            settled,
            outage: Arc::new(Outage::new(Duration::ZERO)),
            runtime,
            tasks,
        };
        writer.file.lock().writing = Some(writer.begin()?);
        Ok(writer)
    }

    pub(super) fn outage(&self) -> &Arc<Outage> {
        &self.outage
    }

    /// Appends a line in place and returns the result of `keep`; `None` if the line must be queued.
    pub(super) fn append_here<T>(
        self: &Arc<Self>,
        line: &[u8],
        keep: impl FnOnce(&Writing) -> T,
    ) -> Option<io::Result<T>> {
        if self.sync != JournalSync::Off
            || self.queued.load(Ordering::Acquire) > 0
            || self.is_slow()
        {
            return None;
        }
        let Some(mut file) = self.file.try_lock_for(SLOW_APPEND) else {
            self.slow_down();
            return None;
        };
        let began = Instant::now();
        let result = file.writing.as_mut()?.append(line);
        if began.elapsed() > SLOW_APPEND {
            self.slow_down();
        }
        let result = file.kept(result, keep);
        let is_full = file.is_full();
        if is_full {
            // Only the first that sees it starts a new file.
            file.rotate_at = u64::MAX;
        }
        drop(file);
        self.report_health(&result);
        if is_full {
            self.on_blocking_thread(Self::rotate);
        }
        Some(result)
    }

    /// Sends a final record to the database writer. Without an entry in the journal, its end waits for the database.
    pub(super) fn settle(
        &self,
        mut settlement: Settlement,
        noted: io::Result<PendingEntry>,
    ) -> Written {
        let waiting = if let Ok(pending) = noted {
            settlement.pending.entries.push(pending);
            Written::ready()
        } else {
            let (written, result) = oneshot::channel();
            settlement.pending.written = Some(written);
            Written::waiting(result)
        };
        let _ = self.settled.send(settlement);
        waiting
    }

    /// Leaves an entry to a blocking thread.
    pub(super) fn enqueue(self: &Arc<Self>, entry: Entry) {
        let mut queue = self.queue.lock();
        self.queued.fetch_add(1, Ordering::Release);
        queue.entries.push(entry);
        let is_first = !mem::replace(&mut queue.is_flushing, true);
        drop(queue);
        if is_first {
            self.on_blocking_thread(Self::flush);
        }
    }

    /// Continues in a new file, if there is anything in the current one. Blocks.
    pub(super) fn rotate(&self) {
        let length = |file: &CurrentFile| file.writing.as_ref().map_or(0, Writing::length);
        if length(&self.file.lock()) == 0 {
            return;
        }
        let next = self.begin();
        let mut file = self.file.lock();
        match next {
            Ok(next) => {
                let ended = file.writing.replace(next);
                file.rotate_at = MAX_FILE;
                drop(file);
                drop(ended);
                self.segments.remove_released();
            }
            Err(error) => {
                file.rotate_at = length(&file).saturating_add(MAX_FILE);
                drop(file);
                tracing::warn!(%error, "a new file of the journal cannot be created");
            }
        }
    }

    /// Writes what is queued. Blocks.
    fn flush(&self) {
        let mut lines = Vec::new();
        loop {
            self.wait_for_group();
            let mut queue = self.queue.lock();
            let count = queue.entries.len().min(MAX_LINES);
            let entries: Vec<Entry> = queue.entries.drain(..count).collect();
            queue.is_flushing = count > 0;
            if entries.is_empty() {
                return;
            }
            queue.synced = Some(Instant::now());
            drop(queue);
            lines.clear();
            for entry in &entries {
                lines.extend_from_slice(entry.line());
            }
            self.write(&lines, entries);
            self.queued.fetch_sub(count, Ordering::Release);
        }
    }

    /// Lets more lines share the next sync.
    fn wait_for_group(&self) {
        let synced = self.queue.lock().synced;
        if self.sync == JournalSync::Group
            && let Some(synced) = synced
        {
            thread::sleep(JournalSync::GROUP_INTERVAL.saturating_sub(synced.elapsed()));
        }
    }

    fn write(&self, lines: &[u8], entries: Vec<Entry>) {
        let mut file = self.file.lock();
        let began = Instant::now();
        let result = self.append(&mut file, lines);
        if began.elapsed() > SLOW_APPEND {
            self.slow_down();
        }
        let kept = |id| match (&result, &file.writing) {
            (Ok(()), Some(writing)) => Ok(writing.pending(id)),
            (Err(error), _) => Err(io::Error::new(error.kind(), error.to_string())),
            (Ok(()), None) => Err(io::Error::other("the journal has no file")),
        };
        let noted: Vec<_> = entries
            .into_iter()
            .filter_map(|entry| {
                let result = kept(entry.id()?);
                Some((entry, result))
            })
            .collect();
        let is_full = file.is_full();
        drop(file);
        self.report_health(&result);
        for (entry, result) in noted {
            self.answer(entry, result);
        }
        if is_full {
            self.rotate();
        }
    }

    fn append(&self, file: &mut CurrentFile, lines: &[u8]) -> io::Result<()> {
        let writing = match &mut file.writing {
            Some(writing) => writing,
            none @ None => none.insert(self.begin()?),
        };
        let mut result = writing.append(lines);
        if result.is_ok() && self.sync != JournalSync::Off {
            result = writing.sync();
        }
        file.kept(result, |_| ())
    }

    fn begin(&self) -> io::Result<Writing> {
        let writing = self.segments.begin()?;
        if self.sync != JournalSync::Off {
            self.segments.sync()?;
        }
        Ok(writing)
    }

    fn answer(&self, entry: Entry, result: io::Result<PendingEntry>) {
        match entry {
            Entry::Note { written, .. } => {
                // The caller may be gone; release the entry then.
                if let Err(Ok(pending)) = written.send(result) {
                    pending.release();
                }
            }
            Entry::End {
                mut settlement,
                written,
                ..
            } => {
                match result {
                    Ok(pending) => {
                        settlement.pending.entries.push(pending);
                        let _ = written.send(());
                    }
                    // Wait for the database instead.
                    Err(_) => settlement.pending.written = Some(written),
                }
                let _ = self.settled.send(*settlement);
            }
            Entry::Void { .. } => {}
        }
    }

    fn is_slow(&self) -> bool {
        let until = self.slow_until.load(Ordering::Relaxed);
        until > 0 && self.opened.elapsed() < Duration::from_millis(until)
    }

    fn slow_down(&self) {
        let until = self.opened.elapsed() + SLOW_MODE_PERIOD;
        let until = u64::try_from(until.as_millis()).unwrap_or(u64::MAX);
        self.slow_until.store(until, Ordering::Relaxed);
    }

    fn report_health<T>(&self, result: &io::Result<T>) {
        match result {
            Err(error) => {
                if self.outage.begin() {
                    tracing::error!(%error, "the journal cannot be written; new requests are rejected until it can");
                }
            }
            Ok(_) => {
                if let Some(ended) = self.outage.worked() {
                    tracing::info!(
                        elapsed_ms = ended.lasted_ms(),
                        refused = ended.failures,
                        "the journal can be written again"
                    );
                }
            }
        }
    }

    fn on_blocking_thread(self: &Arc<Self>, work: impl FnOnce(&Self) + Send + 'static) {
        let writer = Arc::clone(self);
        // Callers may be dropped outside the runtime.
        self.tasks
            .spawn_blocking_on(move || work(&writer), &self.runtime);
    }
}

impl Entry {
    /// The request whose entry is kept.
    fn id(&self) -> Option<Uuid> {
        match self {
            Self::Note { id, .. } => Some(*id),
            Self::End { settlement, .. } => Some(settlement.row.id),
            Self::Void { .. } => None,
        }
    }
}

impl CurrentFile {
    /// The result of a write. A file that ends with a partial line is not continued.
    fn kept<T>(
        &mut self,
        result: io::Result<()>,
        keep: impl FnOnce(&Writing) -> T,
    ) -> io::Result<T> {
        if self.writing.as_ref().is_some_and(Writing::is_torn) {
            self.writing = None;
        }
        result?;
        let writing = self.writing.as_ref();
        let no_file = || io::Error::other("the journal has no file");
        Ok(keep(writing.ok_or_else(no_file)?))
    }

    fn is_full(&self) -> bool {
        let length = self.writing.as_ref().map_or(0, Writing::length);
        length >= self.rotate_at
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use tempfile::TempDir;

    use super::*;
    use crate::domain::requests::journal::{Journal, OpenedJournal};

    fn open(home: &TempDir, sync: JournalSync) -> Journal {
        let (settled, _) = mpsc::unbounded_channel();
        let opened = Journal::open(home.path(), sync, settled, &TaskTracker::new());
        let OpenedJournal { journal, .. } = opened.unwrap();
        journal
    }

    fn files(home: &TempDir) -> Vec<PathBuf> {
        let files = fs::read_dir(home.path()).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    }

    /// The first ids in the last file, once it has as many.
    async fn ids(home: &TempDir, count: usize) -> Vec<String> {
        loop {
            let text = fs::read_to_string(files(home).last().unwrap()).unwrap();
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            if lines.len() >= count {
                return lines;
            }
            tokio::task::yield_now().await;
        }
    }

    fn expected(count: u128) -> Vec<String> {
        let line = |id| format!("{{\"void\":\"{}\"}}", Uuid::from_u128(id));
        (1..=count).map(line).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_line_is_in_the_file_when_the_call_returns() {
        let home = tempfile::tempdir().unwrap();
        let journal = open(&home, JournalSync::Off);

        journal.void(Uuid::from_u128(1));

        let text = fs::read_to_string(files(&home).last().unwrap()).unwrap();
        assert_eq!(text.lines().collect::<Vec<_>>(), expected(1));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn lines_do_not_wait_for_a_slow_write_and_keep_their_order() {
        let home = tempfile::tempdir().unwrap();
        let journal = open(&home, JournalSync::Off);

        let slow_write = journal.0.file.lock();
        journal.void(Uuid::from_u128(1));
        journal.void(Uuid::from_u128(2));
        drop(slow_write);
        journal.0.slow_until.store(0, Ordering::Relaxed);
        for id in 3..=100 {
            journal.void(Uuid::from_u128(id));
        }

        assert_eq!(ids(&home, 100).await, expected(100));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn synced_lines_are_written_in_order() {
        for sync in [JournalSync::Always, JournalSync::Group] {
            let home = tempfile::tempdir().unwrap();
            let journal = open(&home, sync);

            for id in 1..=100 {
                journal.void(Uuid::from_u128(id));
            }

            assert_eq!(ids(&home, 100).await, expected(100));
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_full_file_is_continued_in_a_new_one() {
        let home = tempfile::tempdir().unwrap();
        let journal = open(&home, JournalSync::Off);
        let first = files(&home);

        journal.0.file.lock().rotate_at = 1;
        journal.void(Uuid::from_u128(1));
        while files(&home) == first || files(&home).len() > 1 {
            tokio::task::yield_now().await;
        }
        journal.void(Uuid::from_u128(1));

        assert_eq!(ids(&home, 1).await, expected(1));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_empty_file_is_not_replaced() {
        let home = tempfile::tempdir().unwrap();
        let journal = open(&home, JournalSync::Off);
        let first = files(&home);

        journal.0.rotate();

        assert_eq!(files(&home), first);
    }
}
