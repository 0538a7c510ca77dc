//! JSON bodies compressed with zstd. A copy is decompressed; the compressed bytes are forwarded.

use std::fmt;

use ::zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation as _, OutBuffer};

use super::json::JsonScanner;
use super::{BodyKind, Bound, ScanResult, ScanStep};

/// The largest window, as a power of two: 8 MiB, the most that any level but "ultra" needs.
const WINDOW_LOG_MAX: u32 = 23;

/// The buffer for decompressed bytes, in bytes.
const STEP_BYTES: usize = 16 * 1024;

/// Decompressed in one step, in bytes: about a millisecond of work.
const SLICE_BYTES: u64 = 256 * 1024;

/// Why a body could not be decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecompressionError {
    /// The decompressed size is over the limit.
    TooLarge,
    /// Not zstd, incomplete, made with a dictionary, or with too large a window.
    Unreadable,
}

/// Decompresses a body step by step for a [`JsonScanner`].
pub(super) struct ZstdScanner {
    decoder: Decoder<'static>,
    json: JsonScanner,
    buffer: Vec<u8>,
    total: u64,
    /// The largest decompressed size, in bytes.
    limit: u64,
    has_input: bool,
    /// Whether the last byte ended a frame.
    is_between_frames: bool,
    error: Option<DecompressionError>,
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
    /// `None` if the decoder cannot be allocated.
    pub(super) fn new(kind: BodyKind) -> Option<Self> {
        let mut decoder = Decoder::new().ok()?;
        decoder
            .set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX))
            .ok()?;
        Some(Self {
            decoder,
            json: JsonScanner::new(kind.bound, kind.is_limited),
            buffer: vec![0; STEP_BYTES],
            total: 0,
            limit: kind.limit,
            has_input: false,
            is_between_frames: true,
            error: None,
        })
    }

    /// Decompresses at most one slice; the caller passes the remaining bytes again.
    pub(super) fn observe(&mut self, bytes: &[u8]) -> ScanStep {
        self.has_input |= !bytes.is_empty();
        let mut input = InBuffer::around(bytes);
        let end_of_slice = self.total.saturating_add(SLICE_BYTES);
        loop {
            if self.error.is_some() {
                return ScanStep::done(bytes);
            }
            if input.pos() == bytes.len() && self.is_between_frames {
                return ScanStep::done(bytes);
            }
            let Some(written) = self.step(&mut input) else {
                self.error = Some(DecompressionError::Unreadable);
                return ScanStep::done(bytes);
            };
            if self.total > self.limit {
                self.error = Some(DecompressionError::TooLarge);
                return ScanStep::done(bytes);
            }
            if input.pos() == bytes.len() && written < STEP_BYTES {
                return ScanStep::done(bytes);
            }
            if self.total >= end_of_slice {
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

    /// Why the body cannot be decompressed, if it ends here.
    pub(super) fn error_at_end(&self) -> Option<DecompressionError> {
        let is_truncated = self.has_input && !self.is_between_frames;
        self.error
            .or(is_truncated.then_some(DecompressionError::Unreadable))
    }

    /// Why the body cannot be decompressed, whatever follows.
    pub(super) fn error(&self) -> Option<DecompressionError> {
        self.error
    }

    /// No bound if the body cannot be decompressed.
    pub(super) fn bound(&self) -> Bound {
        if self.error.is_some() {
            return Bound::default();
        }
        self.json.bound()
    }

    pub(super) fn json(&self) -> &JsonScanner {
        &self.json
    }

    /// The decompressed size so far, in bytes.
    pub(super) fn decompressed_bytes(&self) -> u64 {
        self.total
    }

    /// Whether the decompressed body is white space so far.
    pub(super) fn is_blank(&self) -> bool {
        self.json.is_blank()
    }

    /// Decompresses at most one buffer; returns the number of decompressed bytes.
    fn step(&mut self, input: &mut InBuffer<'_>) -> Option<usize> {
        let mut output = OutBuffer::around(self.buffer.as_mut_slice());
        let due = self.decoder.run(input, &mut output).ok()?;
        self.is_between_frames = due == 0;
        let written = output.pos();
        self.total = self.total.saturating_add(written as u64);
        self.json.observe(self.buffer.get(..written)?);
        Some(written)
    }
}
