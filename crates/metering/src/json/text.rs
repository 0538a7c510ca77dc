//! A string or scalar of a document, decoded as it arrives and truncated at a limit.

use memchr::memchr2;

/// The longest text that is kept, in bytes: longer than any model name.
pub(super) const MAX_TEXT_BYTES: usize = 512;

/// The longest message of an error that is kept, in bytes.
pub(super) const MAX_MESSAGE_BYTES: usize = 2048;

/// Memory for the first text of a document, in bytes: the names of members, of models and of events are shorter.
const USUAL_TEXT_BYTES: usize = 64;

/// The position in an escape sequence.
#[derive(Clone, Copy, Debug, Default)]
enum Escape {
    #[default]
    None,
    Backslash,
    /// The number of hexadecimal digits read, and their value.
    Hex(u8, u16),
}

/// The progress of [`Text::read`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScalarProgress {
    /// In bytes.
    pub(super) used: usize,
    /// Whether the closing quote was read.
    pub(super) ended: bool,
}

/// A string, a number or a literal of a document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
    /// More bytes than this are dropped.
    limit: usize,
    escape: Escape,
    /// The high surrogate, while the low one is awaited.
    high: Option<u16>,
    is_truncated: bool,
    is_ambiguous: bool,
    is_malformed: bool,
}

impl Text {
    /// The decoded bytes; `None` if they were truncated or parsers decode them differently.
    pub(crate) fn whole(&self) -> Option<&[u8]> {
        (!self.is_truncated && !self.is_ambiguous).then_some(self.bytes.as_slice())
    }

    /// The decoded text, under the same conditions, if it is UTF-8.
    pub(crate) fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self.whole()?).ok()
    }

    /// The decoded text as far as it was kept, also if it is truncated or invalid. The last word of a truncated text, which
    /// may be a part of a longer one, is omitted.
    pub(crate) fn lossy(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        if !self.is_truncated {
            return text.into_owned();
        }
        let in_word = |c: char| c.is_ascii_graphic() || c == char::REPLACEMENT_CHARACTER;
        format!("{}…", text.trim_end_matches(in_word))
    }

    /// Whether it has raw control characters, unknown escapes or lone surrogates: parsers differ about those.
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.is_ambiguous
    }

    /// Whether nothing was read yet.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether it has raw control characters or unknown escapes, which JSON forbids.
    pub(super) fn is_malformed(&self) -> bool {
        self.is_malformed
    }

    /// Resets all but the allocated memory. At most `limit` bytes are kept from now on.
    pub(super) fn clear(&mut self, limit: usize) {
        self.limit = limit;
        self.bytes.clear();
        self.escape = Escape::None;
        self.high = None;
        self.is_truncated = false;
        self.is_ambiguous = false;
        self.is_malformed = false;
    }

    /// Reads the inside of a string, including its closing quote.
    pub(super) fn read(&mut self, bytes: &[u8]) -> ScalarProgress {
        let mut used = 0;
        while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
            let Escape::None = self.escape else {
                let is_read = self.escaped(rest.first().copied().unwrap_or_default());
                used += usize::from(is_read);
                continue;
            };
            let stop = memchr2(b'"', b'\\', rest);
            self.plain(rest.get(..stop.unwrap_or(rest.len())).unwrap_or_default());
            let Some(stop) = stop else { break };
            used += stop + 1;
            if rest.get(stop) == Some(&b'"') {
                self.settle_surrogate();
                return ScalarProgress { used, ended: true };
            }
            self.escape = Escape::Backslash;
        }
        ScalarProgress {
            used: bytes.len(),
            ended: false,
        }
    }

    /// Adds bytes outside escapes.
    pub(super) fn plain(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.settle_surrogate();
        if bytes.iter().any(|byte| *byte < b' ') {
            self.malformed();
        }
        self.push(bytes);
    }

    /// Returns whether the byte belongs to the escape. A `\u` without its digits does not escape a quote: for most parsers only
    /// the byte after a backslash is special.
    fn escaped(&mut self, byte: u8) -> bool {
        match self.escape {
            Escape::Hex(digits, value) => return self.digit(digits, value, byte),
            Escape::Backslash if byte == b'u' => self.escape = Escape::Hex(0, 0),
            Escape::Backslash | Escape::None => self.simple(byte),
        }
        true
    }

    fn simple(&mut self, byte: u8) {
        self.escape = Escape::None;
        self.settle_surrogate();
        match byte {
            b'"' | b'\\' | b'/' => self.push(&[byte]),
            b'b' => self.push(b"\x08"),
            b'f' => self.push(b"\x0c"),
            b'n' => self.push(b"\n"),
            b'r' => self.push(b"\r"),
            b't' => self.push(b"\t"),
            _ => self.malformed(),
        }
    }

    fn malformed(&mut self) {
        self.is_ambiguous = true;
        self.is_malformed = true;
    }

    fn digit(&mut self, digits: u8, value: u16, byte: u8) -> bool {
        let Some(digit) = char::from(byte).to_digit(16) else {
            self.malformed();
            self.escape = Escape::None;
            return false;
        };
        let value = (value << 4) | u16::try_from(digit).unwrap_or_default();
        if digits < 3 {
            self.escape = Escape::Hex(digits + 1, value);
        } else {
            self.escape = Escape::None;
            self.unit(value);
        }
        true
    }

    /// Adds a UTF-16 code unit.
    fn unit(&mut self, unit: u16) {
        match (self.high.take(), unit) {
            (None, 0xD800..=0xDBFF) => self.high = Some(unit),
            (None, _) => self.characters(&[unit]),
            (Some(high), _) => self.characters(&[high, unit]),
        }
    }

    fn characters(&mut self, units: &[u16]) {
        for character in char::decode_utf16(units.iter().copied()) {
            match character {
                Ok(character) => self.push(character.encode_utf8(&mut [0; 4]).as_bytes()),
                Err(_) => self.is_ambiguous = true,
            }
        }
    }

    /// A lone surrogate makes the text ambiguous.
    fn settle_surrogate(&mut self) {
        self.is_ambiguous |= self.high.take().is_some();
    }

    fn push(&mut self, bytes: &[u8]) {
        let remaining = self.limit.saturating_sub(self.bytes.len());
        self.is_truncated |= bytes.len() > remaining;
        if self.bytes.capacity() == 0 {
            self.bytes.reserve(USUAL_TEXT_BYTES);
        }
        self.bytes
            .extend_from_slice(bytes.get(..remaining).unwrap_or(bytes));
    }
}
