//! Compressed answers. A copy is decompressed in constant memory; the client gets the compressed bytes.

use std::{
    fmt,
    io::{self, Write},
};

use brotli_decompressor::DecompressorWriter;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use zstd::stream::{raw::DParameter, write::Decoder as ZstdDecoder};

use super::plain::Plain;

/// The most that an answer is decompressed to, in bytes; the rest is estimated.
const LARGEST_OPENED: u64 = 256 * 1024 * 1024;

/// The largest ratio of opened to compressed bytes, beyond `FREE`: more is a decompression bomb.
const LARGEST_RATIO: u64 = 200;

/// Decompressed bytes that are allowed at any ratio.
const FREE: u64 = 1024 * 1024;

/// The largest window that zstd is granted, as a power of two: 8 MiB, the most that any level but "ultra" asks.
const WINDOW_LOG_MAX: u32 = 23;

/// The most bytes that nothing is compressed to, with the headers of any format.
const LARGEST_EMPTY: u64 = 32;

/// Opened at a time by brotli, in bytes.
const STEP: usize = 16 * 1024;

/// Decompresses an answer step by step and reads the result.
pub(super) struct Coded {
    opener: Opener,
    /// Compressed bytes, of which so many were before the piece that could not be decompressed.
    wire_bytes: u64,
    good_bytes: u64,
    is_broken: bool,
}

enum Opener {
    Gzip(MultiGzDecoder<Opened>),
    /// `deflate` is the zlib format in the standard and raw in some servers: the first byte decides.
    Deflate(Option<Opened>),
    Zlib(ZlibDecoder<Opened>),
    Bare(DeflateDecoder<Opened>),
    Zstd(ZstdDecoder<'static, Opened>),
    Brotli(Box<DecompressorWriter<Opened>>),
}

/// Takes the decompressed bytes, up to the limits.
struct Opened {
    plain: Plain,
    bytes: u64,
    wire_bytes: u64,
}

impl fmt::Debug for Coded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Coded")
            .field("wire_bytes", &self.wire_bytes)
            .field("is_broken", &self.is_broken)
            .finish_non_exhaustive()
    }
}

impl Coded {
    /// `None` for a coding that cannot be opened.
    pub(super) fn new(coding: &str, plain: Plain) -> Option<Self> {
        let sink = Opened {
            plain,
            bytes: 0,
            wire_bytes: 0,
        };
        let opener = match coding.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Opener::Gzip(MultiGzDecoder::new(sink)),
            "deflate" => Opener::Deflate(Some(sink)),
            "zstd" => {
                let mut decoder = ZstdDecoder::new(sink).ok()?;
                let window = DParameter::WindowLogMax(WINDOW_LOG_MAX);
                decoder.set_parameter(window).ok()?;
                Opener::Zstd(decoder)
            }
            "br" => Opener::Brotli(Box::new(DecompressorWriter::new(sink, STEP))),
            _ => return None,
        };
        Some(Self {
            opener,
            wire_bytes: 0,
            good_bytes: 0,
            is_broken: false,
        })
    }

    /// Opens some more of the answer.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.wire_bytes = self.wire_bytes.saturating_add(bytes.len() as u64);
        if self.is_broken {
            return;
        }
        if let Some(opened) = self.opener.opened() {
            opened.wire_bytes = self.wire_bytes;
        }
        match self.opener.write(bytes) {
            Ok(()) => self.good_bytes = self.wire_bytes,
            Err(_) => self.is_broken = true,
        }
    }

    /// The reader of what came out.
    pub(super) fn plain(&self) -> Option<&Plain> {
        Some(&self.output()?.plain)
    }

    /// Bytes that came out.
    pub(super) fn opened(&self) -> u64 {
        self.output().map_or(0, |opened| opened.bytes)
    }

    fn output(&self) -> Option<&Opened> {
        Some(match &self.opener {
            Opener::Gzip(decoder) => decoder.get_ref(),
            Opener::Deflate(opened) => opened.as_ref()?,
            Opener::Zlib(decoder) => decoder.get_ref(),
            Opener::Bare(decoder) => decoder.get_ref(),
            Opener::Zstd(decoder) => decoder.get_ref(),
            Opener::Brotli(decoder) => decoder.get_ref(),
        })
    }

    /// The same, to take what it learnt.
    pub(super) fn plain_mut(&mut self) -> Option<&mut Plain> {
        Some(&mut self.opener.opened()?.plain)
    }

    /// Compressed bytes that could not be decompressed.
    pub(super) fn sealed(&self) -> u64 {
        if self.opened() == 0 && self.wire_bytes > LARGEST_EMPTY {
            return self.wire_bytes;
        }
        self.wire_bytes - self.good_bytes
    }
}

impl Opener {
    fn opened(&mut self) -> Option<&mut Opened> {
        Some(match self {
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Deflate(opened) => opened.as_mut()?,
            Self::Zlib(decoder) => decoder.get_mut(),
            Self::Bare(decoder) => decoder.get_mut(),
            Self::Zstd(decoder) => decoder.get_mut(),
            Self::Brotli(decoder) => decoder.get_mut(),
        })
    }

    /// Opens these bytes, and hands on all that they open to.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Self::Deflate(waiting) = self {
            let Some(first) = bytes.first() else {
                return Ok(());
            };
            let Some(opened) = waiting.take() else {
                return Err(io::ErrorKind::Other.into());
            };
            *self = if first & 0x0f == 8 && first >> 4 <= 7 {
                Self::Zlib(ZlibDecoder::new(opened))
            } else {
                Self::Bare(DeflateDecoder::new(opened))
            };
        }
        match self {
            Self::Gzip(decoder) => write_through(decoder, bytes),
            Self::Deflate(_) => Ok(()),
            Self::Zlib(decoder) => write_through(decoder, bytes),
            Self::Bare(decoder) => write_through(decoder, bytes),
            Self::Zstd(decoder) => write_through(decoder, bytes),
            Self::Brotli(decoder) => write_through(decoder, bytes),
        }
    }
}

fn write_through(decoder: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    decoder.write_all(bytes)?;
    decoder.flush()
}

impl Write for Opened {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        let most = FREE.max(self.wire_bytes.saturating_mul(LARGEST_RATIO));
        if self.bytes > most.min(LARGEST_OPENED) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.plain.feed(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
