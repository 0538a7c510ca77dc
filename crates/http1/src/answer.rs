//! The head of an answer, and the framing of its body.

use std::mem;

use bytes::{Buf as _, Bytes, BytesMut};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version,
    header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING},
};
use memchr::memchr;

use crate::{BodyDecoder, Http1Error};

pub(crate) const MAX_HEAD_BYTES: usize = 128 * 1024;
pub(crate) const MAX_INTERIM_HEADS: u32 = 16;
const MAX_HEADERS: usize = 100;

/// The head of a final answer.
#[derive(Debug)]
pub struct AnswerHead {
    pub status: StatusCode,
    pub version: Version,
    /// The reason phrase, unless it is the usual one of the status. Empty if it is not ASCII.
    pub reason: Option<Bytes>,
    /// All of them, in their order by name.
    pub headers: HeaderMap,
    pub body: BodyDecoder,
    /// Whether the connection may be used for another request once the body has ended.
    pub is_persistent: bool,
}

/// Reads heads until the final one; interim answers (1xx) are skipped.
#[derive(Debug)]
pub struct HeadReader {
    is_head_request: bool,
    /// An empty map whose memory the headers of the answer use.
    spare: HeaderMap,
    /// Bytes of the buffer in which no end of a head was found.
    searched: usize,
    interim_heads: u32,
}

impl HeadReader {
    /// For the answer to a request with this method. The headers of the answer replace those of the map, whose memory they use.
    pub fn new(method: &Method, mut spare: HeaderMap) -> Self {
        spare.clear();
        Self {
            is_head_request: method == Method::HEAD,
            spare,
            searched: 0,
            interim_heads: 0,
        }
    }

    /// Takes the head from the beginning of the buffer. `None` if more bytes are needed; they are appended before the next call.
    pub fn read(&mut self, buffer: &mut BytesMut) -> Result<Option<AnswerHead>, Http1Error> {
        loop {
            // Blank lines before a head, which some clients skip, are refused.
            if buffer.first().is_some_and(|first| *first != b'H') {
                return Err(Http1Error::NotHttp);
            }
            let end = head_end(buffer, self.searched);
            if end.unwrap_or(buffer.len()) > MAX_HEAD_BYTES {
                return Err(Http1Error::HeadTooLarge);
            }
            let Some(end) = end else {
                self.searched = buffer.len();
                return Ok(None);
            };
            self.searched = 0;
            // A copy, so that a header does not keep the whole buffer in memory.
            let text = Bytes::copy_from_slice(buffer.get(..end).unwrap_or_default());
            buffer.advance(end);
            let headers = mem::take(&mut self.spare);
            let head = parse(&text, self.is_head_request, headers)?;
            if !head.status.is_informational() {
                return Ok(Some(head));
            }
            if head.status == StatusCode::SWITCHING_PROTOCOLS {
                return Err(Http1Error::UnexpectedUpgrade);
            }
            self.interim_heads += 1;
            if self.interim_heads > MAX_INTERIM_HEADS {
                return Err(Http1Error::TooManyInterimHeads);
            }
        }
    }
}

/// The position after the first blank line.
fn head_end(bytes: &[u8], searched: usize) -> Option<usize> {
    // A blank line may begin in what was searched.
    let mut from = searched.saturating_sub(2);
    loop {
        let rest = bytes.get(from..)?;
        let line_end = from + memchr(b'\n', rest)? + 1;
        match bytes.get(line_end..)? {
            [b'\n', ..] => return Some(line_end + 1),
            [b'\r', b'\n', ..] => return Some(line_end + 2),
            _ => from = line_end,
        }
    }
}

fn parse(
    text: &Bytes,
    is_head_request: bool,
    mut headers: HeaderMap,
) -> Result<AnswerHead, Http1Error> {
    let mut lines = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut lines);
    if parsed.parse(text)? != httparse::Status::Complete(text.len()) {
        return Err(Http1Error::NotHttp);
    }
    let status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.ok_or(httparse::Error::Status)?;
    let version = match parsed.version {
        Some(1) => Version::HTTP_11,
        _ => Version::HTTP_10,
    };
    let reason = parsed.reason.unwrap_or_default();
    let is_usual = status.canonical_reason() == Some(reason);
    let reason = (!is_usual).then(|| text.slice_ref(reason.as_bytes()));
    fill(&mut headers, text, parsed.headers)?;
    let has_body = !is_head_request
        && !status.is_informational()
        && status != StatusCode::NO_CONTENT
        && status != StatusCode::NOT_MODIFIED;
    let body = if has_body {
        framing(version, &headers)?
    } else {
        BodyDecoder::Length(0)
    };
    Ok(AnswerHead {
        status,
        version,
        reason,
        is_persistent: is_persistent(version, &headers, body),
        headers,
        body,
    })
}

fn fill(
    headers: &mut HeaderMap,
    text: &Bytes,
    parsed: &[httparse::Header<'_>],
) -> Result<(), Http1Error> {
    // The gateway adds a few.
    headers.reserve(parsed.len() + 4);
    for header in parsed {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        let value = HeaderValue::from_maybe_shared(text.slice_ref(header.value));
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(Http1Error::MalformedHeader);
        };
        headers.append(name, value);
    }
    Ok(())
}

fn framing(version: Version, headers: &HeaderMap) -> Result<BodyDecoder, Http1Error> {
    let coding = only(headers, &TRANSFER_ENCODING).map_err(|()| Http1Error::AmbiguousCoding)?;
    let length = only(headers, &CONTENT_LENGTH).map_err(|()| Http1Error::AmbiguousLength)?;
    match (coding, length) {
        (None, None) => Ok(BodyDecoder::until_close()),
        (None, Some(length)) => {
            let length = parse_length(length.as_bytes()).ok_or(Http1Error::AmbiguousLength)?;
            Ok(BodyDecoder::Length(length))
        }
        (Some(coding), None)
            if version == Version::HTTP_11
                && coding.as_bytes().eq_ignore_ascii_case(b"chunked") =>
        {
            Ok(BodyDecoder::chunked())
        }
        (Some(_), _) => Err(Http1Error::AmbiguousCoding),
    }
}

/// The value of a header that may come once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(()),
    }
}

/// Digits and nothing else. `None` for the two largest values too, which hyper gives a meaning of its own.
pub(crate) fn parse_length(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let length = text.parse().ok().filter(|_| is_number)?;
    (length < u64::MAX - 1).then_some(length)
}

fn is_persistent(version: Version, headers: &HeaderMap, body: BodyDecoder) -> bool {
    let mut keeps_alive = version == Version::HTTP_11;
    for value in headers.get_all(CONNECTION) {
        let Ok(options) = value.to_str() else {
            return false;
        };
        for option in options.split(',').map(str::trim) {
            if option.eq_ignore_ascii_case("close") {
                return false;
            }
            keeps_alive |= option.eq_ignore_ascii_case("keep-alive");
        }
    }
    keeps_alive && body != BodyDecoder::until_close()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<AnswerHead>, Http1Error> {
        read_of(&Method::POST, text)
    }

    fn read_of(method: &Method, text: &str) -> Result<Option<AnswerHead>, Http1Error> {
        HeadReader::new(method, HeaderMap::new()).read(&mut text.into())
    }

    fn body_of(head: &str) -> Result<BodyDecoder, Http1Error> {
        read(&format!("HTTP/1.1 200 OK\r\n{head}\r\n")).map(|head| head.unwrap().body)
    }

    #[test]
    fn a_head_is_read_and_the_body_left() {
        let mut buffer = BytesMut::from(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a\r\nset-cookie:  b \r\n\r\n{}",
        );
        let head = HeadReader::new(&Method::POST, HeaderMap::new())
            .read(&mut buffer)
            .unwrap()
            .unwrap();
        assert_eq!((head.status, head.reason), (StatusCode::OK, None));
        let cookies: Vec<_> = head.headers.get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a", "b"]);
        assert_eq!(
            (head.body, head.is_persistent),
            (BodyDecoder::Length(2), true)
        );
        assert_eq!(buffer, "{}");
    }

    #[test]
    fn a_head_may_arrive_byte_by_byte() {
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 404 Gone fishing\nserver: x\n\n";
        let (mut reader, mut buffer) = (
            HeadReader::new(&Method::GET, HeaderMap::new()),
            BytesMut::new(),
        );
        for (at, byte) in text.bytes().enumerate() {
            buffer.extend_from_slice(&[byte]);
            let head = reader.read(&mut buffer).unwrap();
            assert_eq!(head.is_some(), at + 1 == text.len(), "{at}");
            if let Some(head) = head {
                assert_eq!(head.reason.as_deref(), Some("Gone fishing".as_bytes()));
                assert_eq!(head.version, Version::HTTP_10);
                assert!(!head.is_persistent);
            }
        }
    }

    #[test]
    fn some_answers_have_no_body() {
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 7\r\n\r\n";
        let head = read_of(&Method::HEAD, chunked).unwrap().unwrap();
        assert_eq!(head.body, BodyDecoder::Length(0));
        for status in [204, 304] {
            let head = read(&format!("HTTP/1.1 {status} X\r\ncontent-length: 9\r\n\r\n"));
            assert_eq!(head.unwrap().unwrap().body, BodyDecoder::Length(0));
        }
        assert_eq!(body_of(""), Ok(BodyDecoder::until_close()));
    }

    #[test]
    fn ambiguous_framing_is_refused() {
        for head in [
            "content-length: 5\r\ncontent-length: 5\r\n",
            "content-length: 5, 5\r\n",
            "content-length: +5\r\n",
            "content-length: \r\n",
            "content-length: 18446744073709551616\r\n",
        ] {
            assert_eq!(body_of(head), Err(Http1Error::AmbiguousLength), "{head}");
        }
        for head in [
            "content-length: 5\r\ntransfer-encoding: chunked\r\n",
            "transfer-encoding: gzip, chunked\r\n",
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
            "transfer-encoding: identity\r\n",
        ] {
            assert_eq!(body_of(head), Err(Http1Error::AmbiguousCoding), "{head}");
        }
        let old = read("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        assert_eq!(old.unwrap_err(), Http1Error::AmbiguousCoding);
        assert_eq!(
            body_of("Transfer-Encoding: Chunked\r\n"),
            Ok(BodyDecoder::chunked())
        );
    }

    #[test]
    fn anything_but_a_head_is_refused() {
        for text in [
            "I am not HTTP",
            "\r\nHTTP/1.1 200 OK\r\n\r\n",
            "HTTP/2 200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nfolded: a\r\n b\r\n\r\n",
            "HTTP/1.1 200 OK\r\nspace : a\r\n\r\n",
            "HTTP/1.1 200 OK\r\nzero: \0\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn heads_are_bounded() {
        let long = format!("HTTP/1.1 200 OK\r\nlong: {}", "x".repeat(MAX_HEAD_BYTES));
        assert_eq!(read(&long).unwrap_err(), Http1Error::HeadTooLarge);
        let many = format!(
            "HTTP/1.1 200 OK\r\n{}\r\n",
            "a: b\r\n".repeat(MAX_HEADERS + 1)
        );
        assert!(matches!(read(&many), Err(Http1Error::MalformedHead(_))));
        let interim = "HTTP/1.1 102 Processing\r\n\r\n".repeat(17);
        assert_eq!(read(&interim).unwrap_err(), Http1Error::TooManyInterimHeads);
    }

    #[test]
    fn a_connection_is_reused_only_where_both_sides_know_the_end() {
        for (text, is_persistent) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\n\r\n", false),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: x, Close\r\n\r\n",
                false,
            ),
            ("HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", false),
            (
                "HTTP/1.0 200 OK\r\ncontent-length: 0\r\nconnection: Keep-Alive\r\n\r\n",
                true,
            ),
            (
                "HTTP/1.0 204 No Content\r\nconnection: keep-alive\r\nconnection: close\r\n\r\n",
                false,
            ),
        ] {
            assert_eq!(
                read(text).unwrap().unwrap().is_persistent,
                is_persistent,
                "{text}"
            );
        }
    }
}
