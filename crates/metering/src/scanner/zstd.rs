//! The model of a JSON body that is compressed with zstd. Only a copy is opened; the wire bytes pass on.

use std::fmt;

use ::zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation as _, OutBuffer};

use super::json::JsonScanner;
use super::{BodyKind, Bound, ScanResult, ScanStep};

/// The largest window that is granted, as a power of two: 8 MiB, the most that any level but "ultra" asks.
const WINDOW_LOG_MAX: u32 = 23;

/// Opened at a time, in bytes.
const STEP: usize = 16 * 1024;

/// Opened in one turn, in bytes: about a millisecond's work.
const TURN: u64 = 256 * 1024;

/// Why a body could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// It opens to more than is granted.
    TooLarge,
    /// It is no zstd, not whole, made with a dictionary, or asks for a larger window than is granted.
    Unreadable,
}

/// Opens a body step by step for a [`JsonScanner`].
pub(super) struct ZstdScanner {
    decoder: Decoder<'static>,
    json: JsonScanner,
    opened: Vec<u8>,
    total: u64,
    /// The most that it may open to, in bytes.
    limit: u64,
    is_touched: bool,
    /// Whether the last byte was the last of a frame.
    is_between_frames: bool,
    error: Option<OpenError>,
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
    pub(super) fn new(kind: BodyKind) -> Option<Self> {
        let mut decoder = Decoder::new().ok()?;
        decoder
            .set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX))
            .ok()?;
        Some(Self {
            decoder,
            json: JsonScanner::new(kind.bound, kind.is_limited),
            opened: vec![0; STEP],
            total: 0,
            limit: kind.limit,
            is_touched: false,
            is_between_frames: true,
            error: None,
        })
    }

    /// Opens as much as one turn may; the rest of the bytes comes again in the next.
    pub(super) fn observe(&mut self, bytes: &[u8]) -> ScanStep {
        self.is_touched |= !bytes.is_empty();
        let mut input = InBuffer::around(bytes);
        let end_of_turn = self.total.saturating_add(TURN);
        loop {
            if self.error.is_some() {
                return ScanStep::done(bytes);
            }
            if input.pos() == bytes.len() && self.is_between_frames {
                return ScanStep::done(bytes);
            }
            let Some(written) = self.step(&mut input) else {
                self.error = Some(OpenError::Unreadable);
                return ScanStep::done(bytes);
            };
            if self.total > self.limit {
                self.error = Some(OpenError::TooLarge);
                return ScanStep::done(bytes);
            }
            if input.pos() == bytes.len() && written < STEP {
                return ScanStep::done(bytes);
            }
            if self.total >= end_of_turn {
                return ScanStep {
                    used: input.pos(),
                    is_done: false,
                };
            }
        }
    }

    pub(super) fn verdict(&self) -> ScanResult {
        if self.is_ambiguous() {
            return ScanResult::Ambiguous;
        }
        self.json.verdict()
    }

    pub(super) fn is_ambiguous(&self) -> bool {
        self.error.is_some() || self.json.is_ambiguous()
    }

    /// Why the body, which has ended, cannot be read.
    pub(super) fn error_at_end(&self) -> Option<OpenError> {
        let is_cut = self.is_touched && !self.is_between_frames;
        self.error.or(is_cut.then_some(OpenError::Unreadable))
    }

    /// Why the body cannot be read, whatever follows.
    pub(super) fn error(&self) -> Option<OpenError> {
        self.error
    }

    /// None is believed of what cannot be opened.
    pub(super) fn bound(&self) -> Bound {
        if self.error.is_some() {
            return Bound::default();
        }
        self.json.bound()
    }

    pub(super) fn json(&self) -> &JsonScanner {
        &self.json
    }

    /// What came out so far, in bytes.
    pub(super) fn opened_bytes(&self) -> u64 {
        self.total
    }

    /// Whether nothing but blanks came out.
    pub(super) fn is_untouched(&self) -> bool {
        self.json.is_untouched()
    }

    /// Opens at most one step; says how many bytes came out.
    fn step(&mut self, input: &mut InBuffer<'_>) -> Option<usize> {
        let mut output = OutBuffer::around(self.opened.as_mut_slice());
        let due = self.decoder.run(input, &mut output).ok()?;
        self.is_between_frames = due == 0;
        let written = output.pos();
        self.total = self.total.saturating_add(written as u64);
        self.json.observe(self.opened.get(..written)?);
        Some(written)
    }
}
