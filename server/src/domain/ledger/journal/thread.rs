//! The thread that writes the journal: all that waits goes into the file with one call.

use std::{io, sync::Arc, thread, time::Duration};

use tokio::sync::mpsc;

use super::{
    Entry,
    segment::{Segments, Writing},
};
use crate::domain::ledger::settlement::Settlement;

/// Lines written with one call, at most.
const MOST_LINES: usize = 1024;
/// From this many lines at once on, more are waited for.
const CROWD: usize = 4;
/// How long.
const COMPANY: Duration = Duration::from_micros(300);
/// How long a file gets, in bytes.
const LONGEST_FILE: u64 = 16 * 1024 * 1024;

struct Writer {
    segments: Arc<Segments>,
    writing: Option<Writing>,
    inbox: mpsc::UnboundedReceiver<Entry>,
    settled: mpsc::UnboundedSender<Settlement>,
    lines: Vec<u8>,
    /// Whether many lines came together.
    is_crowded: bool,
    /// Whether the last writing failed, to complain once.
    is_failing: bool,
}

/// Starts the thread. It ends when nobody can send to it any more and all is written.
pub(super) fn start(
    segments: Arc<Segments>,
    inbox: mpsc::UnboundedReceiver<Entry>,
    settled: mpsc::UnboundedSender<Settlement>,
) -> io::Result<()> {
    let writing = Some(segments.begin()?);
    let writer = Writer {
        segments,
        writing,
        inbox,
        settled,
        lines: Vec::new(),
        is_crowded: false,
        is_failing: false,
    };
    thread::Builder::new()
        .name("journal".to_owned())
        .spawn(move || writer.run())?;
    Ok(())
}

impl Writer {
    fn run(mut self) {
        let mut entries = Vec::with_capacity(MOST_LINES);
        while self.inbox.blocking_recv_many(&mut entries, MOST_LINES) > 0 {
            // Under load lines come together: company shares the price of writing and of waking.
            if self.is_crowded {
                thread::sleep(COMPANY);
            }
            while entries.len() < MOST_LINES
                && let Ok(entry) = self.inbox.try_recv()
            {
                entries.push(entry);
            }
            self.is_crowded = entries.len() >= CROWD;
            self.lines.clear();
            for entry in &entries {
                self.lines.extend_from_slice(entry.line());
            }
            let result = self.append();
            self.note_health(&result);
            for entry in entries.drain(..) {
                self.answer(entry, &result);
            }
        }
        if let Some(writing) = self.writing.take() {
            self.segments.end(writing);
        }
    }

    fn append(&mut self) -> io::Result<()> {
        if self
            .writing
            .as_ref()
            .is_some_and(|writing| writing.length() >= LONGEST_FILE)
            && let Some(full) = self.writing.take()
        {
            self.segments.end(full);
        }
        let writing = match self.writing.take() {
            Some(writing) => writing,
            None => self.segments.begin()?,
        };
        self.writing.insert(writing).append(&self.lines)
    }

    fn note_health(&mut self, result: &io::Result<()>) {
        match result {
            Err(error) if !self.is_failing => {
                tracing::error!(%error, "the journal cannot be written; new requests are refused until it can");
            }
            Ok(()) if self.is_failing => tracing::info!("the journal can be written again"),
            Err(_) | Ok(()) => {}
        }
        self.is_failing = result.is_err();
    }

    fn answer(&self, entry: Entry, result: &io::Result<()>) {
        let kept = match (result, &self.writing) {
            (Ok(()), Some(writing)) => Ok(writing),
            (Err(error), _) => Err(io::Error::new(error.kind(), error.to_string())),
            (Ok(()), None) => Err(io::Error::other("the journal has no file")),
        };
        match entry {
            Entry::Note { written, .. } => {
                // Who asked may have left, and owes nothing then.
                if let Err(Ok(debt)) = written.send(kept.map(Writing::debt)) {
                    debt.pay();
                }
            }
            Entry::End {
                mut settlement,
                written,
                ..
            } => {
                match kept {
                    Ok(writing) => {
                        settlement.owed.debts.push(writing.debt());
                        let _ = written.send(());
                    }
                    // The database is what is left to write to.
                    Err(_) => settlement.owed.written = Some(written),
                }
                let _ = self.settled.send(*settlement);
            }
            Entry::Void { .. } => {}
        }
    }
}
