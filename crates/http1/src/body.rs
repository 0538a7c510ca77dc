//! The body of an answer.

use bytes::{Buf as _, Bytes, BytesMut};

use crate::{ChunkedDecoder, Http1Error};

/// Finds the body in the bytes after a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyDecoder {
    /// As many bytes are left.
    Length(u64),
    Chunked(ChunkedDecoder),
    /// The end of the connection is the end of the body.
    UntilClose {
        is_closed: bool,
    },
}

impl BodyDecoder {
    pub(crate) fn chunked() -> Self {
        Self::Chunked(ChunkedDecoder::default())
    }

    pub(crate) fn until_close() -> Self {
        Self::UntilClose { is_closed: false }
    }

    pub fn is_ended(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunked(chunked) => chunked.is_ended(),
            Self::UntilClose { is_closed } => *is_closed,
        }
    }

    /// Bytes that are still to come, if that is known.
    pub fn remaining(&self) -> Option<u64> {
        match self {
            Self::Length(left) => Some(*left),
            Self::Chunked(_) | Self::UntilClose { .. } => self.is_ended().then_some(0),
        }
    }

    /// Takes all data of the body from the buffer; `None` if there is none.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Bytes>, Http1Error> {
        let data = match self {
            Self::Length(left) => {
                let count = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(buffer.len());
                *left -= count as u64;
                buffer.split_to(count)
            }
            Self::Chunked(chunked) => {
                let decoded = chunked.decode(buffer)?;
                buffer.advance(decoded.data.start);
                let data = buffer.split_to(decoded.data.len());
                buffer.advance(decoded.consumed - decoded.data.end);
                data
            }
            Self::UntilClose { .. } => buffer.split(),
        };
        Ok((!data.is_empty()).then(|| data.freeze()))
    }

    /// The connection was closed.
    pub fn close(&mut self) -> Result<(), Http1Error> {
        if let Self::UntilClose { is_closed } = self {
            *is_closed = true;
        }
        if self.is_ended() {
            Ok(())
        } else {
            Err(Http1Error::Incomplete)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_ends_the_body() {
        let (mut body, mut buffer) = (BodyDecoder::Length(5), BytesMut::from("abc"));
        assert_eq!(body.decode(&mut buffer).unwrap().unwrap(), "abc");
        assert_eq!(
            (body.remaining(), body.decode(&mut buffer)),
            (Some(2), Ok(None))
        );
        buffer.extend_from_slice(b"deHTTP");
        assert_eq!(body.decode(&mut buffer).unwrap().unwrap(), "de");
        assert!(body.is_ended());
        assert_eq!((body.close(), buffer), (Ok(()), "HTTP".into()));
    }

    #[test]
    fn a_body_until_the_close_ends_with_it() {
        let (mut body, mut buffer) = (BodyDecoder::until_close(), BytesMut::from("abc"));
        assert_eq!(body.decode(&mut buffer).unwrap().unwrap(), "abc");
        assert_eq!((body.is_ended(), body.remaining()), (false, None));
        assert_eq!((body.close(), body.is_ended()), (Ok(()), true));
    }

    #[test]
    fn a_body_that_is_closed_early_is_incomplete() {
        for mut body in [BodyDecoder::Length(1), BodyDecoder::chunked()] {
            assert_eq!(body.close(), Err(Http1Error::Incomplete));
        }
    }

    #[test]
    fn chunks_are_taken_from_the_buffer() {
        let (mut body, mut buffer) = (
            BodyDecoder::chunked(),
            BytesMut::from("1\r\na\r\n2\r\nbc\r\n0\r\n"),
        );
        assert_eq!(body.decode(&mut buffer).unwrap().unwrap(), "abc");
        assert_eq!((body.is_ended(), buffer.len()), (false, 0));
        buffer.extend_from_slice(b"\r\nrest");
        assert_eq!(body.decode(&mut buffer), Ok(None));
        assert_eq!((body.is_ended(), buffer), (true, "rest".into()));
    }
}
