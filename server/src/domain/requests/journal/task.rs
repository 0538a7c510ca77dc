//! The task that writes the journal: all pending lines are appended with one call.
//!
//! It writes on the async thread, so that no other thread has to be woken. A write only copies into the page
//! cache, unless the disk is slow; then writes move to a blocking thread for a while.

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

/// Lines written with one call.
const MAX_LINES: usize = 1024;
/// A longer file is finished and a new one started, in bytes.
const MAX_FILE: u64 = 16 * 1024 * 1024;
/// A longer write has waited for the disk.
const SLOW_APPEND: Duration = Duration::from_millis(2);
/// How long writes go to a blocking thread after a slow one.
const SLOW_MODE_PERIOD: Duration = Duration::from_secs(1);

pub(super) struct JournalWriter {
    segments: Arc<Segments>,
    writing: Option<Writing>,
    inbox: mpsc::UnboundedReceiver<Entry>,
    settled: mpsc::UnboundedSender<Settlement>,
    lines: Vec<u8>,
    /// Until when writes go to a blocking thread.
    slow_until: Option<Instant>,
    /// Failing while writes fail, to log it once.
    outage: Arc<Outage>,
}

impl JournalWriter {
    /// Starts with a new file.
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
            slow_until: None,
            outage,
        })
    }

    /// Runs until all senders are dropped and everything is written.
    pub(super) async fn run(mut self) {
        let mut entries = Vec::with_capacity(MAX_LINES);
        while self.inbox.recv_many(&mut entries, MAX_LINES).await > 0 {
            // Tasks that are ready to run have lines too: write them with the same call.
            yield_now().await;
            while entries.len() < MAX_LINES
                && let Ok(entry) = self.inbox.try_recv()
            {
                entries.push(entry);
            }
            if entries
                .iter()
                .any(|entry| matches!(entry, Entry::Rotate { .. }))
            {
                self.end_file().await;
            }
            self.lines.clear();
            for entry in &entries {
                self.lines.extend_from_slice(entry.line());
            }
            let result = self.append().await;
            self.report_health(&result);
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
            .is_some_and(|writing| writing.length() >= MAX_FILE)
        {
            self.end_file().await;
        }
        let mut writing = if let Some(writing) = self.writing.take() {
            writing
        } else {
            let segments = Arc::clone(&self.segments);
            on_blocking_thread(move || segments.begin()).await??
        };
        let began = Instant::now();
        if self.slow_until.is_some_and(|until| began < until) {
            let lines = mem::take(&mut self.lines);
            let appended = on_blocking_thread(move || {
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
            self.slow_until = Some(Instant::now() + SLOW_MODE_PERIOD);
        }
    }

    /// Finishes the file; the next line starts a new one.
    async fn end_file(&mut self) {
        if let Some(full) = self.writing.take() {
            let segments = Arc::clone(&self.segments);
            // Removing files may block.
            if let Err(error) = on_blocking_thread(move || segments.end(full)).await {
                tracing::warn!(%error, "a file of the journal was not ended in order");
            }
        }
    }

    fn report_health(&self, result: &io::Result<()>) {
        match result {
            Err(error) => {
                if self.outage.begin() {
                    tracing::error!(%error, "the journal cannot be written; new requests are rejected until it can");
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
                // The caller may be gone; release the entry then.
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
                        settlement.pending.entries.push(pending);
                        let _ = written.send(());
                    }
                    // Wait for the database instead.
                    Err(_) => settlement.pending.written = Some(written),
                }
                let _ = self.settled.send(*settlement);
            }
            Entry::Void { .. } => {}
            Entry::Rotate { done } => {
                let _ = done.send(());
            }
        }
    }
}

/// Runs blocking work on another thread.
async fn on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)
}
