//! Compressed answers. A copy is decompressed in constant memory; the client receives the compressed bytes.

use std::{
    fmt,
    io::{self, Write},
};

use brotli_decompressor::DecompressorWriter;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use zstd::stream::{raw::DParameter, write::Decoder as ZstdDecoder};

use super::plain::PlainTap;

/// Decompression stops at this size, in bytes; the rest is estimated.
const MAX_DECOMPRESSED_BYTES: u64 = 256 * 1024 * 1024;

/// The largest ratio of decompressed to compressed bytes beyond `RATIO_FREE_BYTES`: more is a decompression bomb.
const MAX_RATIO: u64 = 200;

/// Decompressed bytes that are allowed at any ratio.
const RATIO_FREE_BYTES: u64 = 1024 * 1024;

/// The largest window of zstd, as a power of two: 8 MiB, the most that any level but "ultra" needs.
const WINDOW_LOG_MAX: u32 = 23;

/// The largest compressed form of an empty answer, in bytes, in any format.
const MAX_EMPTY_BYTES: u64 = 32;

/// The buffer of brotli, in bytes.
const STEP_BYTES: usize = 16 * 1024;

/// Decompresses an answer as it arrives and reads the result.
pub(super) struct CompressedTap {
    decompressor: Decompressor,
    /// Compressed bytes; `good_bytes` are those before the piece that could not be decompressed.
    wire_bytes: u64,
    good_bytes: u64,
    is_broken: bool,
}

enum Decompressor {
    Gzip(MultiGzDecoder<DecompressedSink>),
    /// Until the first byte: `deflate` is the zlib format in the standard and raw deflate in some servers.
    Deflate(Option<DecompressedSink>),
    Zlib(ZlibDecoder<DecompressedSink>),
    RawDeflate(DeflateDecoder<DecompressedSink>),
    Zstd(ZstdDecoder<'static, DecompressedSink>),
    Brotli(Box<DecompressorWriter<DecompressedSink>>),
}

/// Reads the decompressed bytes, up to the limits.
struct DecompressedSink {
    plain: PlainTap,
    bytes: u64,
    wire_bytes: u64,
}

impl fmt::Debug for CompressedTap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CompressedTap")
            .field("wire_bytes", &self.wire_bytes)
            .field("is_broken", &self.is_broken)
            .finish_non_exhaustive()
    }
}

impl CompressedTap {
    /// `None` for an unsupported coding.
    pub(super) fn new(coding: &str, plain: PlainTap) -> Option<Self> {
        let sink = DecompressedSink {
            plain,
            bytes: 0,
            wire_bytes: 0,
        };
        let decompressor = match coding.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Decompressor::Gzip(MultiGzDecoder::new(sink)),
            "deflate" => Decompressor::Deflate(Some(sink)),
            "zstd" => {
                let mut decoder = ZstdDecoder::new(sink).ok()?;
                let window = DParameter::WindowLogMax(WINDOW_LOG_MAX);
                decoder.set_parameter(window).ok()?;
                Decompressor::Zstd(decoder)
            }
            "br" => Decompressor::Brotli(Box::new(DecompressorWriter::new(sink, STEP_BYTES))),
            _ => return None,
        };
        Some(Self {
            decompressor,
            wire_bytes: 0,
            good_bytes: 0,
            is_broken: false,
        })
    }

    /// Reads the next compressed bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.wire_bytes = self.wire_bytes.saturating_add(bytes.len() as u64);
        if self.is_broken {
            return;
        }
        if let Some(sink) = self.decompressor.sink_mut() {
            sink.wire_bytes = self.wire_bytes;
        }
        match self.decompressor.write(bytes) {
            Ok(()) => self.good_bytes = self.wire_bytes,
            Err(_) => self.is_broken = true,
        }
    }

    /// The reader of the decompressed bytes; `None` before the first.
    pub(super) fn plain(&self) -> Option<&PlainTap> {
        Some(&self.sink()?.plain)
    }

    /// The decompressed size so far, in bytes.
    pub(super) fn decompressed_bytes(&self) -> u64 {
        self.sink().map_or(0, |sink| sink.bytes)
    }

    fn sink(&self) -> Option<&DecompressedSink> {
        Some(match &self.decompressor {
            Decompressor::Gzip(decoder) => decoder.get_ref(),
            Decompressor::Deflate(sink) => sink.as_ref()?,
            Decompressor::Zlib(decoder) => decoder.get_ref(),
            Decompressor::RawDeflate(decoder) => decoder.get_ref(),
            Decompressor::Zstd(decoder) => decoder.get_ref(),
            Decompressor::Brotli(decoder) => decoder.get_ref(),
        })
    }

    pub(super) fn plain_mut(&mut self) -> Option<&mut PlainTap> {
        Some(&mut self.decompressor.sink_mut()?.plain)
    }

    /// Compressed bytes that could not be decompressed.
    pub(super) fn undecoded_bytes(&self) -> u64 {
        if self.decompressed_bytes() == 0 && self.wire_bytes > MAX_EMPTY_BYTES {
            return self.wire_bytes;
        }
        self.wire_bytes - self.good_bytes
    }
}

impl Decompressor {
    fn sink_mut(&mut self) -> Option<&mut DecompressedSink> {
        Some(match self {
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Deflate(sink) => sink.as_mut()?,
            Self::Zlib(decoder) => decoder.get_mut(),
            Self::RawDeflate(decoder) => decoder.get_mut(),
            Self::Zstd(decoder) => decoder.get_mut(),
            Self::Brotli(decoder) => decoder.get_mut(),
        })
    }

    /// Decompresses these bytes and passes on all of the result.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Self::Deflate(waiting) = self {
            let Some(first) = bytes.first() else {
                return Ok(());
            };
            let Some(sink) = waiting.take() else {
                return Err(io::ErrorKind::Other.into());
            };
            *self = if first & 0x0f == 8 && first >> 4 <= 7 {
                Self::Zlib(ZlibDecoder::new(sink))
            } else {
                Self::RawDeflate(DeflateDecoder::new(sink))
            };
        }
        match self {
            Self::Gzip(decoder) => write_through(decoder, bytes),
            Self::Deflate(_) => Ok(()),
            Self::Zlib(decoder) => write_through(decoder, bytes),
            Self::RawDeflate(decoder) => write_through(decoder, bytes),
            Self::Zstd(decoder) => write_through(decoder, bytes),
            Self::Brotli(decoder) => write_through(decoder, bytes),
        }
    }
}

fn write_through(decoder: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    decoder.write_all(bytes)?;
    decoder.flush()
}

impl Write for DecompressedSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        let most = RATIO_FREE_BYTES.max(self.wire_bytes.saturating_mul(MAX_RATIO));
        if self.bytes > most.min(MAX_DECOMPRESSED_BYTES) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.plain.feed(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
