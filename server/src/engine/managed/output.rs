//! Reads the output of the engine into the log ring, and extracts facts from it.

use std::sync::Arc;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::sync::watch;

use super::log_line;
use crate::engine::catalogue_refresh;
use crate::engine::logs::LogLevel;
use crate::engine::public_state::PublicState;

/// The longest line that is kept; the rest of a longer one is dropped.
const MAX_LINE_BYTES: usize = 8 * 1024;

/// The facts read from the output so far.
#[derive(Clone, Debug, Default)]
pub(super) struct OutputFacts {
    pub(super) version: Option<String>,
    /// The last error line: the reason if the process exits now.
    pub(super) last_error: Option<String>,
    /// Whether all credentials are loaded.
    pub(super) is_loaded: bool,
    /// How many refreshes of the model catalogue have ended.
    pub(super) refreshes: u32,
}

/// Reads lines until the stream ends.
pub(super) async fn relay(
    stream: impl AsyncRead + Unpin,
    public: Arc<PublicState>,
    facts: watch::Sender<OutputFacts>,
) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while matches!(read_line(&mut reader, &mut line).await, Ok(true)) {
        record_line(&String::from_utf8_lossy(&line), &public, &facts);
        line.clear();
    }
}

fn record_line(line: &str, public: &PublicState, facts: &watch::Sender<OutputFacts>) {
    let parsed = log_line::parse(line);
    if parsed.message.is_empty() || log_line::is_own_request(parsed.message) {
        return;
    }
    let refresh = catalogue_refresh::parse(parsed.message);
    if let Some(outcome) = refresh {
        public.catalogue_refreshed(outcome);
    }
    facts.send_if_modified(|facts| {
        facts.refreshes += u32::from(refresh.is_some());
        if let Some(version) = log_line::version(parsed.message) {
            facts.version = Some(version.to_owned());
        }
        if parsed.level == LogLevel::Error {
            facts.last_error = Some(public.logs.redacted(parsed.message));
        }
        facts.is_loaded |= parsed.message.contains("full client load complete");
        true
    });
    public.logs.push(parsed.level, parsed.message);
}

/// Reads one line, of which no more than the longest is kept; false at the end.
async fn read_line(
    reader: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
) -> std::io::Result<bool> {
    loop {
        let bytes = reader.fill_buf().await?;
        if bytes.is_empty() {
            return Ok(!line.is_empty());
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let part = &bytes[..end.unwrap_or(bytes.len())];
        let room = MAX_LINE_BYTES.saturating_sub(line.len());
        line.extend_from_slice(&part[..part.len().min(room)]);
        let used = part.len() + usize::from(end.is_some());
        reader.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn truncates_long_lines_and_continues_with_the_next() {
        let text = format!("{}\nshort\nlast", "x".repeat(3 * MAX_LINE_BYTES));
        let mut reader = BufReader::new(text.as_bytes());
        let mut lengths = Vec::new();
        let mut line = Vec::new();

        while read_line(&mut reader, &mut line).await.unwrap() {
            lengths.push(line.len());
            line.clear();
        }

        assert_eq!(lengths, [MAX_LINE_BYTES, 5, 4]);
    }
}
