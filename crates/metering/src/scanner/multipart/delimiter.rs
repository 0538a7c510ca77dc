//! The line that parts the parts: `\r\n--boundary`, found across chunks.

use memchr::memchr;

/// Matches the delimiter byte by byte. A carriage return can only be its first byte, so a match that
/// fails cannot have hidden the start of another.
#[derive(Clone, Debug)]
pub(super) struct Delimiter {
    /// With the line break.
    bytes: Vec<u8>,
    matched: usize,
    /// How many of the matched bytes are not there: a delimiter may stand where a line starts.
    assumed: usize,
}

/// What a byte did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DelimiterStep {
    Partial,
    Complete,
    Mismatch,
}

/// What a search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DelimiterMatch {
    /// Bytes searched.
    pub(super) used: usize,
    /// Whether they end with the delimiter.
    pub(super) is_complete: bool,
}

impl Delimiter {
    /// Stands at the start of a line.
    pub(super) fn new(boundary: &str) -> Self {
        let mut delimiter = Self {
            bytes: format!("\r\n--{boundary}").into_bytes(),
            matched: 0,
            assumed: 0,
        };
        delimiter.restart_in_line();
        delimiter
    }

    /// Stands at the start of a line again.
    pub(super) fn restart_in_line(&mut self) {
        self.matched = 2;
        self.assumed = 2;
    }

    /// Takes the next byte.
    pub(super) fn push(&mut self, byte: u8) -> DelimiterStep {
        if self.bytes.get(self.matched) != Some(&byte) {
            return DelimiterStep::Mismatch;
        }
        self.matched += 1;
        if self.matched < self.bytes.len() {
            return DelimiterStep::Partial;
        }
        self.restart();
        DelimiterStep::Complete
    }

    /// Searches for the delimiter; what comes before it goes to `content`.
    pub(super) fn find(
        &mut self,
        bytes: &[u8],
        mut content: Option<&mut Vec<u8>>,
    ) -> DelimiterMatch {
        let mut used = 0;
        while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
            if self.matched == 0 {
                let plain = memchr(b'\r', rest).unwrap_or(rest.len());
                keep(&mut content, rest.get(..plain).unwrap_or_default());
                used += plain;
            }
            let Some(byte) = bytes.get(used).copied() else {
                break;
            };
            match self.push(byte) {
                DelimiterStep::Partial => used += 1,
                DelimiterStep::Complete => {
                    return DelimiterMatch {
                        used: used + 1,
                        is_complete: true,
                    };
                }
                DelimiterStep::Mismatch => {
                    let failed = self.bytes.get(self.assumed..self.matched);
                    keep(&mut content, failed.unwrap_or_default());
                    self.restart();
                }
            }
        }
        DelimiterMatch {
            used,
            is_complete: false,
        }
    }

    fn restart(&mut self) {
        self.matched = 0;
        self.assumed = 0;
    }
}

fn keep(content: &mut Option<&mut Vec<u8>>, bytes: &[u8]) {
    if let Some(content) = content {
        let room = (super::LONGEST_MODEL + 1).saturating_sub(content.len());
        content.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }
}
