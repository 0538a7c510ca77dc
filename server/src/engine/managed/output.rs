//! Reads what the engine writes: into the ring, and for what we must know of it.

use std::sync::Arc;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::sync::watch;

use super::words;
use crate::engine::logs::LogLevel;
use crate::engine::public_state::PublicState;

/// The longest line that is kept; the rest of a longer one is dropped.
const LONGEST_LINE_BYTES: usize = 8 * 1024;

/// The facts read from the output so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    pub(super) version: Option<String>,
    /// The last line that spoke of an error: the reason, should the process end now.
    pub(super) last_error: Option<String>,
    /// Whether all credentials are loaded.
    pub(super) is_loaded: bool,
}

/// Reads lines until the stream ends.
pub(super) async fn relay(
    stream: impl AsyncRead + Unpin,
    public: Arc<PublicState>,
    heard: watch::Sender<Heard>,
) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while matches!(read_line(&mut reader, &mut line).await, Ok(true)) {
        take_note(&String::from_utf8_lossy(&line), &public, &heard);
        line.clear();
    }
}

fn take_note(line: &str, public: &PublicState, heard: &watch::Sender<Heard>) {
    let words = words::read(line);
    if words.message.is_empty() || words::is_echo_of_ours(words.message) {
        return;
    }
    heard.send_if_modified(|heard| {
        if let Some(version) = words::version(words.message) {
            heard.version = Some(version.to_owned());
        }
        if words.level == LogLevel::Error {
            heard.last_error = Some(public.logs.redacted(words.message));
        }
        heard.is_loaded |= words.message.contains("full client load complete");
        true
    });
    public.logs.push(words.level, words.message);
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
        let room = LONGEST_LINE_BYTES.saturating_sub(line.len());
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
    async fn cuts_long_lines_and_goes_on_after_them() {
        let text = format!("{}\nshort\nlast", "x".repeat(3 * LONGEST_LINE_BYTES));
        let mut reader = BufReader::new(text.as_bytes());
        let mut lengths = Vec::new();
        let mut line = Vec::new();

        while read_line(&mut reader, &mut line).await.unwrap() {
            lengths.push(line.len());
            line.clear();
        }

        assert_eq!(lengths, [LONGEST_LINE_BYTES, 5, 4]);
    }
}
