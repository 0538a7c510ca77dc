//! The task that writes the journal: all that waits goes into the file with one call.
//!
//! It runs on the thread of whoever has a line, so no other thread has to be woken for one. The call only
//! copies into the system's memory, unless the disk is behind: then it is made elsewhere for a while.

use std::{
    io, mem,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::mpsc,
    task::{spawn_blocking, yield_now},
};

use super::{
    Entry,
    segment::{Segments, Writing},
};
use crate::{domain::requests::settlement::Settlement, outage::Outage};

/// Lines written with one call, at most.
const MOST_LINES: usize = 1024;
/// How long a file gets, in bytes.
const LONGEST_FILE: u64 = 16 * 1024 * 1024;
/// A call that took longer has waited for the disk.
const SLOW_APPEND: Duration = Duration::from_millis(2);
/// How long calls are made elsewhere after one that was slow.
const SLOW_MODE_PERIOD: Duration = Duration::from_secs(1);

pub(super) struct JournalWriter {
    segments: Arc<Segments>,
    writing: Option<Writing>,
    inbox: mpsc::UnboundedReceiver<Entry>,
    settled: mpsc::UnboundedSender<Settlement>,
    lines: Vec<u8>,
    /// Until when calls are made elsewhere.
    cautious_until: Option<Instant>,
    /// Whether the last write failed, to log it once.
    outage: Arc<Outage>,
}

impl JournalWriter {
    /// A writer with a file to begin with.
    pub(super) fn new(
        segments: Arc<Segments>,
        inbox: mpsc::UnboundedReceiver<Entry>,
        settled: mpsc::UnboundedSender<Settlement>,
        outage: Arc<Outage>,
    ) -> io::Result<Self> {
        Ok(Self {
            writing: Some(segments.begin()?),
            segments,
            inbox,
            settled,
            lines: Vec::new(),
            cautious_until: None,
            outage,
        })
    }

    /// Runs until nobody can send any more and all is written.
    pub(super) async fn run(mut self) {
        let mut entries = Vec::with_capacity(MOST_LINES);
        while self.inbox.recv_many(&mut entries, MOST_LINES).await > 0 {
            // Whoever is ready to run has a line too: one call and one round of wakes for all of them.
            yield_now().await;
            while entries.len() < MOST_LINES
                && let Ok(entry) = self.inbox.try_recv()
            {
                entries.push(entry);
            }
            if entries
                .iter()
                .any(|entry| matches!(entry, Entry::Renew { .. }))
            {
                self.end_file().await;
            }
            self.lines.clear();
            for entry in &entries {
                self.lines.extend_from_slice(entry.line());
            }
            let result = self.append().await;
            self.note_health(&result);
            for entry in entries.drain(..) {
                self.answer(entry, &result);
            }
        }
        self.end_file().await;
    }

    async fn append(&mut self) -> io::Result<()> {
        if self
            .writing
            .as_ref()
            .is_some_and(|writing| writing.length() >= LONGEST_FILE)
        {
            self.end_file().await;
        }
        let mut writing = if let Some(writing) = self.writing.take() {
            writing
        } else {
            let segments = Arc::clone(&self.segments);
            elsewhere(move || segments.begin()).await??
        };
        let began = Instant::now();
        if self.cautious_until.is_some_and(|until| began < until) {
            let lines = mem::take(&mut self.lines);
            let appended = elsewhere(move || {
                let result = writing.append(&lines);
                (writing, lines, result)
            });
            let (writing, lines, result) = appended.await?;
            self.lines = lines;
            self.written(writing, began);
            return result;
        }
        let result = writing.append(&self.lines);
        self.written(writing, began);
        result
    }

    fn written(&mut self, writing: Writing, began: Instant) {
        self.writing = Some(writing);
        if began.elapsed() > SLOW_APPEND {
            self.cautious_until = Some(Instant::now() + SLOW_MODE_PERIOD);
        }
    }

    /// Begins a new file with the next line.
    async fn end_file(&mut self) {
        if let Some(full) = self.writing.take() {
            let segments = Arc::clone(&self.segments);
            // Removing files takes its time.
            if let Err(error) = elsewhere(move || segments.end(full)).await {
                tracing::warn!(%error, "a file of the journal was not ended in order");
            }
        }
    }

    fn note_health(&self, result: &io::Result<()>) {
        match result {
            Err(error) => {
                if self.outage.begin() {
                    tracing::error!(%error, "the journal cannot be written; new requests are refused until it can");
                }
            }
            Ok(()) => {
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

    fn answer(&self, entry: Entry, result: &io::Result<()>) {
        let kept = match (result, &self.writing) {
            (Ok(()), Some(writing)) => Ok(writing),
            (Err(error), _) => Err(io::Error::new(error.kind(), error.to_string())),
            (Ok(()), None) => Err(io::Error::other("the journal has no file")),
        };
        match entry {
            Entry::Note { id, written, .. } => {
                // Who asked may have left, and owes nothing then.
                if let Err(Ok(pending)) = written.send(kept.map(|writing| writing.pending(id))) {
                    pending.release();
                }
            }
            Entry::End {
                mut settlement,
                written,
                ..
            } => {
                match kept {
                    Ok(writing) => {
                        let pending = writing.pending(settlement.record.id);
                        settlement.owed.debts.push(pending);
                        let _ = written.send(());
                    }
                    // The database is what is left to write to.
                    Err(_) => settlement.owed.written = Some(written),
                }
                let _ = self.settled.send(*settlement);
            }
            Entry::Void { .. } => {}
            Entry::Renew { done } => {
                let _ = done.send(());
            }
        }
    }
}

/// Does what may take its time on a thread that nobody waits for.
async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)
}
