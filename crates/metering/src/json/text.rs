//! A short text out of a document: decoded as it arrives, bounded, and honest about what it lost.

use memchr::memchr2;

/// The longest text that is kept, in bytes: longer than any name of a model.
const LONGEST: usize = 512;

/// Where in an escape sequence the text stands.
#[derive(Clone, Copy, Debug, Default)]
enum Escape {
    #[default]
    None,
    Backslash,
    /// Hexadecimal digits seen, and their value.
    Hex(u8, u16),
}

/// How far [`Text::read`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScalarProgress {
    /// Bytes read.
    pub(super) used: usize,
    /// Whether the closing quote was among them.
    pub(super) ended: bool,
}

/// A string, a number or a literal of a document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
    escape: Escape,
    /// The first half of a surrogate pair, when its second half is due.
    high: Option<u16>,
    is_cut: bool,
    is_faulty: bool,
    is_malformed: bool,
}

impl Text {
    /// The decoded bytes, unless they are too many or a reader could take them for something else.
    pub(crate) fn whole(&self) -> Option<&[u8]> {
        (!self.is_cut && !self.is_faulty).then_some(self.bytes.as_slice())
    }

    /// The decoded text, under the same conditions, if it is UTF-8.
    pub(crate) fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self.whole()?).ok()
    }

    /// Whether it has raw control characters, unknown escapes or half surrogate pairs: readers differ
    /// about those.
    pub(crate) fn is_faulty(&self) -> bool {
        self.is_faulty
    }

    /// Whether it has raw control characters or unknown escapes, which JSON forbids.
    pub(super) fn is_malformed(&self) -> bool {
        self.is_malformed
    }

    /// Starts again, keeping the memory.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.escape = Escape::None;
        self.high = None;
        self.is_cut = false;
        self.is_faulty = false;
        self.is_malformed = false;
    }

    /// Reads on inside a string, up to and with its closing quote.
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

    /// Takes bytes that stand for themselves.
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

    /// Says whether the byte belongs to the escape. A `\u` without its digits hides no quote: to most
    /// readers only the byte after a backslash is special.
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
        self.is_faulty = true;
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

    /// Takes a UTF-16 code unit.
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
                Err(_) => self.is_faulty = true,
            }
        }
    }

    /// Half a pair without its other half is no text.
    fn settle_surrogate(&mut self) {
        self.is_faulty |= self.high.take().is_some();
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.bytes.len());
        self.is_cut |= bytes.len() > room;
        self.bytes
            .extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }
}
