//! The chunked transfer coding: finds the data in whatever bytes have arrived and joins it in place.

use std::ops::Range;

use http::{HeaderName, HeaderValue};
use memchr::memmem;

use crate::Http1Error;

/// For all chunks of a body together.
pub(crate) const MAX_EXTENSION_BYTES: u16 = 4 * 1024;
pub(crate) const MAX_TRAILER_BYTES: usize = 8 * 1024;
const MAX_TRAILERS: usize = 64;
const MAX_SIZE_DIGITS: u8 = 15;

/// Decodes the body of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkedDecoder {
    state: State,
    extension_bytes: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size {
        size: u64,
        digits: u8,
    },
    /// In blanks after the size.
    Blanks {
        size: u64,
    },
    Extension {
        size: u64,
    },
    /// After the carriage return of the line with the size.
    SizeFeed {
        size: u64,
    },
    Data {
        left: u64,
    },
    DataReturn,
    DataFeed,
    Trailers,
    Ended,
}

const NEXT_CHUNK: State = State::Size { size: 0, digits: 0 };

/// The result of decoding some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Where the data of all chunks is now, joined.
    pub data: Range<usize>,
    /// Bytes that need not be passed again; the data is among them.
    pub consumed: usize,
}

impl Default for ChunkedDecoder {
    fn default() -> Self {
        Self {
            state: NEXT_CHUNK,
            extension_bytes: 0,
        }
    }
}

impl ChunkedDecoder {
    /// Whether the last chunk and the trailers were read.
    pub fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Decodes all that has arrived. Bytes that were not consumed come first in the next call. An error is returned once
    /// the data before it is.
    pub fn decode(&mut self, bytes: &mut [u8]) -> Result<Decoded, Http1Error> {
        let (mut data, mut read) = (0..0, 0);
        while read < bytes.len() && !self.is_ended() {
            match self.step(bytes.get(read..).unwrap_or_default()) {
                Ok(Step::Data(count)) => {
                    if data.is_empty() {
                        data = read..read + count;
                    } else {
                        bytes.copy_within(read..read + count, data.end);
                        data.end += count;
                    }
                    read += count;
                }
                Ok(Step::Framing(0)) => break,
                Ok(Step::Framing(count)) => read += count,
                Err(_) if !data.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Decoded {
            data,
            consumed: read,
        })
    }

    /// Reads the beginning of bytes that are not empty.
    fn step(&mut self, bytes: &[u8]) -> Result<Step, Http1Error> {
        if let State::Data { left } = self.state {
            let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            let left = left - count as u64;
            self.state = if left == 0 {
                State::DataReturn
            } else {
                State::Data { left }
            };
            return Ok(Step::Data(count));
        }
        if self.state == State::Trailers {
            let length = trailers_length(bytes)?;
            if length > 0 {
                self.state = State::Ended;
            }
            return Ok(Step::Framing(length));
        }
        let byte = bytes.first().copied().unwrap_or_default();
        self.state = self.after(byte)?;
        Ok(Step::Framing(1))
    }

    fn after(&mut self, byte: u8) -> Result<State, Http1Error> {
        let malformed = Err(Http1Error::MalformedChunk);
        match (self.state, byte) {
            (State::Size { size, digits }, byte) if byte.is_ascii_hexdigit() => {
                if digits == MAX_SIZE_DIGITS {
                    return malformed;
                }
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                Ok(State::Size {
                    size: size << 4 | u64::from(digit),
                    digits: digits + 1,
                })
            }
            (State::Size { digits: 0, .. }, _) => malformed,
            (
                State::Size { size, .. } | State::Blanks { size } | State::Extension { size },
                b'\r',
            ) => Ok(State::SizeFeed { size }),
            (State::Size { size, .. } | State::Blanks { size }, b' ' | b'\t') => {
                self.count_extension()?;
                Ok(State::Blanks { size })
            }
            (State::Size { size, .. } | State::Blanks { size }, b';') => {
                self.count_extension()?;
                Ok(State::Extension { size })
            }
            (State::Extension { size }, byte) if byte != b'\n' => {
                self.count_extension()?;
                Ok(State::Extension { size })
            }
            (State::SizeFeed { size: 0 }, b'\n') => Ok(State::Trailers),
            (State::SizeFeed { size }, b'\n') => Ok(State::Data { left: size }),
            (State::DataReturn, b'\r') => Ok(State::DataFeed),
            (State::DataFeed, b'\n') => Ok(NEXT_CHUNK),
            _ => malformed,
        }
    }

    fn count_extension(&mut self) -> Result<(), Http1Error> {
        self.extension_bytes += 1;
        if self.extension_bytes > MAX_EXTENSION_BYTES {
            return Err(Http1Error::ExtensionsTooLarge);
        }
        Ok(())
    }
}

enum Step {
    /// As many bytes of data.
    Data(usize),
    /// As many bytes that are no data; none if more must arrive first.
    Framing(usize),
}

/// The length of the trailers with the blank line that ends them; 0 if it has not arrived. They are checked and not passed on.
fn trailers_length(bytes: &[u8]) -> Result<usize, Http1Error> {
    if bytes.starts_with(b"\r\n") {
        return Ok(2);
    }
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else {
        if bytes.len() > MAX_TRAILER_BYTES {
            return Err(Http1Error::InvalidTrailers);
        }
        return Ok(0);
    };
    let length = end + 4;
    let block = bytes.get(..length).unwrap_or_default();
    let feeds = memchr::memchr_iter(b'\n', block);
    let has_bare_feed = feeds
        .into_iter()
        .any(|at| at.checked_sub(1).and_then(|at| block.get(at)) != Some(&b'\r'));
    let mut headers = [httparse::EMPTY_HEADER; MAX_TRAILERS];
    let parsed = httparse::parse_headers(block, &mut headers);
    let Ok(httparse::Status::Complete((read, headers))) = parsed else {
        return Err(Http1Error::InvalidTrailers);
    };
    let are_valid = headers.iter().all(|header| {
        HeaderName::from_bytes(header.name.as_bytes()).is_ok()
            && HeaderValue::from_bytes(header.value).is_ok()
    });
    if length > MAX_TRAILER_BYTES || has_bare_feed || read != length || !are_valid {
        return Err(Http1Error::InvalidTrailers);
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The data, and the bytes that were not consumed. The text arrives in pieces of this many bytes.
    fn decode(text: &[u8], piece: usize) -> Result<(Vec<u8>, Vec<u8>, bool), Http1Error> {
        let (mut decoder, mut body, mut waiting) =
            (ChunkedDecoder::default(), Vec::new(), Vec::new());
        for piece in text.chunks(piece) {
            waiting.extend_from_slice(piece);
            loop {
                let step = decoder.decode(&mut waiting)?;
                body.extend_from_slice(&waiting[step.data]);
                waiting.drain(..step.consumed);
                if step.consumed == 0 || waiting.is_empty() {
                    break;
                }
            }
        }
        Ok((body, waiting, decoder.is_ended()))
    }

    fn body_of(text: &str) -> Result<String, Http1Error> {
        let (body, rest, is_ended) = decode(text.as_bytes(), usize::MAX)?;
        let in_pieces = decode(text.as_bytes(), 1)?;
        assert_eq!(in_pieces, (body.clone(), rest, is_ended));
        Ok(String::from_utf8(body).unwrap())
    }

    #[test]
    fn chunks_that_have_arrived_are_joined_in_place() {
        let mut bytes = *b"3\r\nabc\r\n0a;x=\"y\"\r\n0123456789\r\n2 \r\nde";
        let mut decoder = ChunkedDecoder::default();
        let step = decoder.decode(&mut bytes).unwrap();
        assert_eq!(&bytes[step.data], b"abc0123456789de");
        assert_eq!((step.consumed, decoder.is_ended()), (bytes.len(), false));
        let mut rest = *b"\r\n0\r\n\r\nHTTP";
        let step = decoder.decode(&mut rest).unwrap();
        assert_eq!((step.data, step.consumed), (0..0, 7));
        assert!(decoder.is_ended());
    }

    #[test]
    fn trailers_are_read_to_their_end() {
        let text = "1\r\na\r\n0\r\nDigest: x\r\nOther: \r\n\r\nrest";
        for piece in [1, 7, 100] {
            let (body, rest, is_ended) = decode(text.as_bytes(), piece).unwrap();
            assert_eq!((body, is_ended), (b"a".to_vec(), true));
            assert_eq!(rest, b"rest");
        }
    }

    #[test]
    fn malformed_chunks_are_refused() {
        for text in [
            "\r\n",
            "g\r\n",
            "1\na\r\n",
            "1\r\nab\r\n",
            "1\r\na\n",
            "1 2\r\na\r\n",
            "0x1\r\na\r\n",
            "-1\r\na\r\n",
            "1;a\nb\r\na\r\n",
            "1\rX",
            "1000000000000000\r\n",
        ] {
            assert!(body_of(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn malformed_trailers_are_refused() {
        for trailers in [
            "no colon\r\n\r\n",
            "a: b\n\r\n\r\n",
            " folded: x\r\n\r\n",
            "a: b\r\n c\r\n\r\n",
        ] {
            let text = format!("0\r\n{trailers}");
            assert_eq!(
                body_of(&text),
                Err(Http1Error::InvalidTrailers),
                "{trailers:?}"
            );
        }
    }

    #[test]
    fn framing_is_bounded() {
        let extension = format!(
            "1;{}\r\na\r\n",
            "x".repeat(usize::from(MAX_EXTENSION_BYTES))
        );
        assert_eq!(body_of(&extension), Err(Http1Error::ExtensionsTooLarge));
        let blanks = "1 \r\na\r\n".repeat(usize::from(MAX_EXTENSION_BYTES) + 1);
        assert_eq!(
            decode(blanks.as_bytes(), 4096),
            Err(Http1Error::ExtensionsTooLarge)
        );
        let trailer = format!("0\r\na: {}", "x".repeat(MAX_TRAILER_BYTES));
        assert_eq!(body_of(&trailer), Err(Http1Error::InvalidTrailers));
    }

    #[test]
    fn data_before_an_error_is_returned_first() {
        let mut bytes = *b"1\r\na\r\nwrong";
        let mut decoder = ChunkedDecoder::default();
        let step = decoder.decode(&mut bytes).unwrap();
        assert_eq!(&bytes[step.data], b"a");
        let error = decoder.decode(&mut bytes[step.consumed..]);
        assert_eq!(error, Err(Http1Error::MalformedChunk));
    }

    proptest! {
        #[test]
        fn any_chunks_in_any_pieces_are_decoded(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..60), 0..12),
            piece in 1_usize..80,
        ) {
            let mut text = Vec::new();
            for chunk in &chunks {
                text.extend(format!("{:x}\r\n", chunk.len()).bytes());
                text.extend(chunk);
                text.extend(b"\r\n");
            }
            text.extend(b"0\r\n\r\n");
            prop_assert_eq!(decode(&text, piece), Ok((chunks.concat(), Vec::new(), true)));
        }
    }
}
