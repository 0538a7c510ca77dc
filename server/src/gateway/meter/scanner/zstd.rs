//! The model of a JSON body that is compressed with zstd. Only a copy is opened; the wire bytes pass on.

use std::fmt;

use ::zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation as _, OutBuffer};

use super::json::JsonScanner;
use super::{Bound, Verdict};

/// The largest window that is granted, as a power of two: 8 MiB, the most that any level but "ultra" asks.
const WINDOW_LOG_MAX: u32 = 23;

/// Opened at a time, in bytes.
const STEP: usize = 16 * 1024;

/// A body that opens to more than this, in bytes, is a bomb: the engine would open it all in memory.
const LARGEST_OPENED: usize = 256 * 1024 * 1024;

/// Opens a body step by step for a [`JsonScanner`].
pub(super) struct ZstdScanner {
    decoder: Decoder<'static>,
    json: JsonScanner,
    opened: Vec<u8>,
    total: usize,
    is_touched: bool,
    is_broken: bool,
}

impl fmt::Debug for ZstdScanner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ZstdScanner")
            .field("json", &self.json)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

impl ZstdScanner {
    /// `None` when there is no memory for a decoder.
    pub(super) fn new() -> Option<Self> {
        let mut decoder = Decoder::new().ok()?;
        decoder
            .set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX))
            .ok()?;
        Some(Self {
            decoder,
            json: JsonScanner::default(),
            opened: vec![0; STEP],
            total: 0,
            is_touched: false,
            is_broken: false,
        })
    }

    pub(super) fn observe(&mut self, bytes: &[u8]) {
        self.is_touched |= !bytes.is_empty();
        let mut input = InBuffer::around(bytes);
        // On behind what makes the model ambiguous: the bound of the answer may stand there.
        while !self.is_hopeless() {
            let Some(written) = self.step(&mut input) else {
                self.is_broken = true;
                return;
            };
            if input.pos() == bytes.len() && written < STEP {
                return;
            }
        }
    }

    pub(super) fn verdict(&self) -> Verdict {
        if self.is_unreadable() {
            return Verdict::Ambiguous;
        }
        self.json.verdict()
    }

    /// Whether there is nothing more to learn.
    pub(super) fn is_over(&self) -> bool {
        self.is_unreadable() || self.json.is_over()
    }

    /// None is believed of what cannot be opened.
    pub(super) fn bound(&self) -> Bound {
        if self.is_unreadable() {
            return Bound::default();
        }
        self.json.bound()
    }

    pub(super) fn json(&self) -> &JsonScanner {
        &self.json
    }

    pub(super) fn is_untouched(&self) -> bool {
        !self.is_touched
    }

    /// Opens at most one step; says how many bytes came out.
    fn step(&mut self, input: &mut InBuffer<'_>) -> Option<usize> {
        let mut output = OutBuffer::around(self.opened.as_mut_slice());
        self.decoder.run(input, &mut output).ok()?;
        let written = output.pos();
        self.total += written;
        self.json.observe(self.opened.get(..written)?);
        Some(written)
    }

    fn is_unreadable(&self) -> bool {
        self.is_broken || self.total > LARGEST_OPENED
    }

    fn is_hopeless(&self) -> bool {
        self.is_unreadable() || self.json.is_broken()
    }
}
