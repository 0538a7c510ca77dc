//! The gateway's own errors, in the shape that the client's SDK parses.
//!
//! They are recognizable: the header [`ERROR_HEADER`] and the code in the body start with `proxypal_`, and the message contains
//! "ProxyPal".

mod anthropic;
mod error;
mod gemini;
mod openai;
mod stream;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::Response;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::Value;

pub(super) use error::GatewayError;
pub(super) use stream::{in_socket_error, in_stream_error};

/// The code, on every error of the gateway and on no other answer.
pub(super) const ERROR_HEADER: HeaderName = HeaderName::from_static("x-proxypal-error");

/// Stops the OpenAI and Anthropic SDKs from retrying.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// The SDKs whose format of errors a client parses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Dialect {
    OpenAi,
    Anthropic,
    Gemini,
}

impl Dialect {
    /// The response for an error. The request id is the one of `X-Request-Id`.
    pub(super) fn refuse(self, error: &GatewayError, request_id: &str) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(self.body(error, request_id).to_string()));
        *response.status_mut() = error.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ERROR_HEADER, HeaderValue::from_static(error.code()));
        if let Some(seconds) = error.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if error.is_final() {
            headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        response
    }

    /// The body of the response.
    fn body(self, error: &GatewayError, request_id: &str) -> Value {
        match self {
            Self::OpenAi => openai::body(error),
            Self::Anthropic => anthropic::body(error, request_id),
            Self::Gemini => gemini::body(error),
        }
    }
}
