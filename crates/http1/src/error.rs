//! Why an exchange failed.

use crate::{
    answer::{MAX_HEAD_BYTES, MAX_INTERIM_HEADS},
    chunked::{MAX_EXTENSION_BYTES, MAX_TRAILER_BYTES},
};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Http1Error {
    #[error("the head of the answer is malformed: {0}")]
    MalformedHead(#[from] httparse::Error),
    #[error("the answer is not HTTP/1")]
    NotHttp,
    #[error("a header of the answer is malformed")]
    MalformedHeader,
    #[error("the head of the answer is larger than {MAX_HEAD_BYTES} bytes")]
    HeadTooLarge,
    #[error("the answer is preceded by more than {MAX_INTERIM_HEADS} interim answers")]
    TooManyInterimHeads,
    #[error("the answer switches protocols, which the request does not ask for")]
    UnexpectedUpgrade,
    #[error("Content-Length is not one number")]
    AmbiguousLength,
    #[error(
        "Transfer-Encoding is not chunked alone, or is combined with Content-Length or HTTP/1.0"
    )]
    AmbiguousCoding,
    #[error("a chunk of the answer is malformed")]
    MalformedChunk,
    #[error("chunk extensions of the answer are longer than {MAX_EXTENSION_BYTES} bytes")]
    ExtensionsTooLarge,
    #[error("trailers of the answer are malformed, or longer than {MAX_TRAILER_BYTES} bytes")]
    InvalidTrailers,
    #[error("the connection was closed before the answer was complete")]
    Incomplete,
    #[error("the request body is longer than its Content-Length")]
    UploadTooLong,
    #[error("the request body is shorter than its Content-Length")]
    UploadTooShort,
}
