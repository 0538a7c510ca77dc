//! The gateway's own errors, in the shape that the client's SDK parses.
//!
//! They are recognizable: the header [`ERROR_HEADER`] and the code in the body start with `proxypal_`, and the message contains
//! "ProxyPal". A new error gets a class in `class.rs`; `answer.rs` has the answer to each class.

mod answer;
mod anthropic;
mod class;
mod error;
mod gemini;
mod openai;
mod stream;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;

use crate::domain::client_family::ClientFamily;

use self::answer::ErrorAnswer;
pub(super) use error::GatewayError;
pub(super) use stream::{in_socket_error, in_stream_error};

/// The code, on every error of the gateway and on no other answer.
pub(super) const ERROR_HEADER: HeaderName = HeaderName::from_static("x-proxypal-error");

/// Stops the OpenAI and Anthropic SDKs from retrying.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// The tools that wait at every 429, however long, and show nothing meanwhile.
const WAITING_TOOLS: [ClientFamily; 2] = [ClientFamily::OpenCode, ClientFamily::QwenCode];

/// The SDKs whose format of errors a client parses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Dialect {
    OpenAi,
    /// The Responses API of `OpenAI`, which Codex calls.
    Responses,
    Anthropic,
    Gemini,
}

/// How a client reads errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ErrorRecipient {
    pub(super) dialect: Dialect,
    /// Whether it is one of the tools that do not stop at a 429.
    waits_at_429: bool,
}

/// An error on its way to a client.
struct ErrorReport<'a> {
    recipient: ErrorRecipient,
    error: &'a GatewayError,
    answer: ErrorAnswer,
    /// The one of `X-Request-Id`.
    request_id: &'a str,
    now: DateTime<Utc>,
}

impl ErrorRecipient {
    /// The client that sent these headers.
    pub(super) fn of(dialect: Dialect, headers: &HeaderMap) -> Self {
        let user_agent = headers.get(USER_AGENT).map(HeaderValue::as_bytes);
        let client = user_agent.and_then(ClientFamily::of);
        Self {
            dialect,
            waits_at_429: client.is_some_and(|client| WAITING_TOOLS.contains(&client)),
        }
    }

    /// The status of the response for an error.
    pub(super) fn status(self, error: &GatewayError) -> StatusCode {
        self.answer(error.class()).status
    }

    /// The response for an error. The request id is the one of `X-Request-Id`.
    pub(super) fn refuse(
        self,
        error: &GatewayError,
        request_id: &str,
        now: DateTime<Utc>,
    ) -> Response<Bytes> {
        let report = self.report(error, request_id, now);
        let mut response = Response::new(Bytes::from(report.body().to_string()));
        *response.status_mut() = report.answer.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        report.add_headers(headers);
        response
    }

    fn report<'a>(
        self,
        error: &'a GatewayError,
        request_id: &'a str,
        now: DateTime<Utc>,
    ) -> ErrorReport<'a> {
        ErrorReport {
            recipient: self,
            error,
            answer: self.answer(error.class()),
            request_id,
            now,
        }
    }
}

impl ErrorReport<'_> {
    fn body(&self) -> Value {
        match self.recipient.dialect {
            Dialect::OpenAi | Dialect::Responses => openai::body(self),
            Dialect::Anthropic => anthropic::body(self),
            Dialect::Gemini => gemini::body(self),
        }
    }

    /// The code of the error, and what makes tools wait or stop.
    fn add_headers(&self, headers: &mut HeaderMap) {
        headers.insert(ERROR_HEADER, HeaderValue::from_static(self.error.code()));
        if let Some(seconds) = self.answer.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.answer.is_final {
            headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        match self.recipient.dialect {
            Dialect::OpenAi | Dialect::Responses => openai::add_headers(self, headers),
            Dialect::Anthropic => anthropic::add_headers(self, headers),
            Dialect::Gemini => {}
        }
    }

    /// When a retry may succeed, in seconds since 1970, rounded up.
    fn resets_at(&self) -> Option<i64> {
        let at = self
            .now
            .checked_add_signed(chrono::TimeDelta::from_std(self.answer.wait?).ok()?)?;
        Some(at.timestamp() + i64::from(at.timestamp_subsec_nanos() > 0))
    }
}
