//! The head of a request, and the framing of its body.

use std::fmt::Write as _;

use bytes::{BufMut as _, BytesMut};
use http::{
    HeaderMap, Method,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING},
};

use crate::{Http1Error, answer::parse_length};

/// How the body of a request is framed, and how much of it is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadEncoder {
    /// There is no body.
    Nothing,
    /// As many bytes are left.
    Length(u64),
    Chunked,
    Ended,
}

impl UploadEncoder {
    /// For a body that is not empty. A `Content-Length` of the request is kept; otherwise a length that is known is declared.
    pub fn new(method: &Method, headers: &HeaderMap, length: Option<u64>) -> Self {
        let declared = headers.get(CONTENT_LENGTH);
        let declared = declared.and_then(|value| parse_length(value.as_bytes()));
        match declared.or(length) {
            Some(length) => Self::Length(length),
            // These have no body, unless it has a length.
            None if matches!(*method, Method::GET | Method::HEAD | Method::CONNECT) => {
                Self::Nothing
            }
            None => Self::Chunked,
        }
    }

    /// Whether nothing of the body is left.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Nothing | Self::Ended | Self::Length(0))
    }

    /// Frames as many bytes of the body: writes what comes before them, and returns what comes after them.
    pub fn frame(
        &mut self,
        bytes: u64,
        is_last: bool,
        out: &mut BytesMut,
    ) -> Result<&'static [u8], Http1Error> {
        match self {
            Self::Chunked => {
                // Writing to a buffer in memory does not fail.
                let _ = write!(out, "{bytes:x}\r\n");
                if is_last {
                    *self = Self::Ended;
                    return Ok(b"\r\n0\r\n\r\n");
                }
                Ok(b"\r\n")
            }
            Self::Length(left) => {
                *left = left.checked_sub(bytes).ok_or(Http1Error::UploadTooLong)?;
                if is_last && *left > 0 {
                    return Err(Http1Error::UploadTooShort);
                }
                Ok(b"")
            }
            Self::Nothing | Self::Ended => Err(Http1Error::UploadTooLong),
        }
    }

    /// Writes the end of the body.
    pub fn end(&mut self, out: &mut BytesMut) -> Result<(), Http1Error> {
        match self {
            Self::Chunked => out.put_slice(b"0\r\n\r\n"),
            Self::Length(1..) => return Err(Http1Error::UploadTooShort),
            Self::Nothing | Self::Ended | Self::Length(0) => {}
        }
        *self = Self::Ended;
        Ok(())
    }
}

/// The head of a request with headers that are valid for one connection; those of the framing are written here.
pub fn encode_head(
    method: &Method,
    target: &str,
    headers: &HeaderMap,
    upload: UploadEncoder,
) -> BytesMut {
    let lines = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4);
    let mut out = BytesMut::with_capacity(target.len() + lines.sum::<usize>() + 128);
    for part in [method.as_str(), " ", target, " HTTP/1.1\r\n"] {
        out.put_slice(part.as_bytes());
    }
    let mut declares_length = false;
    for (name, value) in headers {
        if name == TRANSFER_ENCODING || (name == CONTENT_LENGTH && upload == UploadEncoder::Chunked)
        {
            continue;
        }
        declares_length |= name == CONTENT_LENGTH;
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            out.put_slice(part);
        }
    }
    match upload {
        UploadEncoder::Chunked => out.put_slice(b"transfer-encoding: chunked\r\n"),
        UploadEncoder::Length(length) if !declares_length => {
            let _ = write!(out, "content-length: {length}\r\n");
        }
        UploadEncoder::Length(_) | UploadEncoder::Nothing | UploadEncoder::Ended => {}
    }
    out.put_slice(b"\r\n");
    out
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(length: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-first", HeaderValue::from_static("1"));
        if let Some(length) = length {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static(length));
        }
        headers.append("x-first", HeaderValue::from_static("2"));
        headers
    }

    fn encoded(method: &Method, headers: &HeaderMap, upload: UploadEncoder) -> String {
        let head = encode_head(method, "/v1/messages?beta=true", headers, upload);
        String::from_utf8(head.to_vec()).unwrap()
    }

    #[test]
    fn a_declared_length_is_kept_where_it_is() {
        let headers = headers(Some("7"));
        let upload = UploadEncoder::new(&Method::POST, &headers, None);
        assert_eq!(upload, UploadEncoder::Length(7));
        assert_eq!(
            encoded(&Method::POST, &headers, upload),
            "POST /v1/messages?beta=true HTTP/1.1\r\nx-first: 1\r\nx-first: 2\r\ncontent-length: 7\r\n\r\n"
        );
    }

    #[test]
    fn a_length_that_is_known_is_declared() {
        let headers = headers(None);
        let upload = UploadEncoder::new(&Method::POST, &headers, Some(3));
        let head = encoded(&Method::POST, &headers, upload);
        assert!(
            head.ends_with("x-first: 2\r\ncontent-length: 3\r\n\r\n"),
            "{head}"
        );
    }

    #[test]
    fn a_length_that_is_unknown_means_chunks() {
        let headers = headers(None);
        let mut upload = UploadEncoder::new(&Method::POST, &headers, None);
        let mut out = BytesMut::from(encoded(&Method::POST, &headers, upload).as_str());
        assert!(out.ends_with(b"transfer-encoding: chunked\r\n\r\n"));
        out.clear();
        assert_eq!(upload.frame(26, false, &mut out), Ok(b"\r\n".as_slice()));
        let mut other = upload;
        upload.end(&mut out).unwrap();
        assert_eq!(
            (&out[..], upload.is_ended()),
            (b"1a\r\n0\r\n\r\n".as_slice(), true)
        );
        let tail = other.frame(1, true, &mut out).unwrap();
        assert_eq!(
            (tail, other.is_ended()),
            (b"\r\n0\r\n\r\n".as_slice(), true)
        );
        let of_get = UploadEncoder::new(&Method::GET, &headers, None);
        assert_eq!(of_get, UploadEncoder::Nothing);
    }

    #[test]
    fn a_body_has_its_declared_length() {
        let mut out = BytesMut::new();
        let mut upload = UploadEncoder::Length(3);
        assert_eq!(
            upload.frame(4, true, &mut out),
            Err(Http1Error::UploadTooLong)
        );
        assert_eq!(upload.frame(2, false, &mut out), Ok(b"".as_slice()));
        let cut = { upload }.frame(0, true, &mut out);
        assert_eq!(cut, Err(Http1Error::UploadTooShort));
        assert_eq!(upload.end(&mut out), Err(Http1Error::UploadTooShort));
        upload.frame(1, true, &mut out).unwrap();
        assert_eq!((upload.end(&mut out), out.len()), (Ok(()), 0));
    }
}
