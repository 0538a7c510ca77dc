//! Both sides of an HTTP/1.1 exchange as a client sees them, without I/O: encodes the head and the framing of a request, reads
//! the head and the body of its answer from whatever bytes have arrived.
//!
//! Anything that two readers could understand differently is refused: two lengths, a length with chunks, other transfer codings,
//! folded lines. Heads, chunk extensions and trailers are bounded.

mod answer;
mod body;
mod chunked;
mod error;
mod request;

pub use self::{
    answer::{AnswerHead, HeadReader},
    body::BodyDecoder,
    chunked::{ChunkedDecoder, Decoded},
    error::Http1Error,
    request::{UploadEncoder, encode_head},
};
