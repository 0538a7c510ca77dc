//! Our own errors, in the shape that the caller's SDK understands.
//!
//! Ours can be told from the provider's: the header [`ERROR_HEADER`] and the code in the body start with
//! `proxypal_`, and the message says "ProxyPal".

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

/// On every error of ours, and on no other answer: its code.
pub(super) const ERROR_HEADER: HeaderName = HeaderName::from_static("x-proxypal-error");

/// Tells the OpenAI and Anthropic SDKs not to try again.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// Whose SDK the caller speaks through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Dialect {
    OpenAi,
    Anthropic,
    Gemini,
}

impl Dialect {
    /// The whole answer that says what went wrong. The request id is ours, as in `X-Request-Id`.
    pub(super) fn refuse(self, fault: &GatewayError, request_id: &str) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(self.error(fault, request_id).to_string()));
        *response.status_mut() = fault.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ERROR_HEADER, HeaderValue::from_static(fault.code()));
        if let Some(seconds) = fault.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if fault.is_final() {
            headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        response
    }

    /// The error object alone.
    fn error(self, fault: &GatewayError, request_id: &str) -> Value {
        match self {
            Self::OpenAi => openai::error(fault),
            Self::Anthropic => anthropic::error(fault, request_id),
            Self::Gemini => gemini::error(fault),
        }
    }
}
