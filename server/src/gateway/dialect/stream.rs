//! Errors after a 200: as the last event of a stream, or as a message of a WebSocket.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value, json};

use super::{Dialect, ErrorRecipient, ErrorReport, GatewayError, openai};

/// The event to append to a stream of server-sent events that broke **between** events. A stream that broke inside an event can
/// only be cut: clients would parse the fragment as an event.
pub(in crate::gateway) fn in_stream_error(
    recipient: ErrorRecipient,
    error: &GatewayError,
    request_id: &str,
    now: DateTime<Utc>,
) -> Bytes {
    let report = recipient.report(error, request_id, now);
    let text = match recipient.dialect {
        Dialect::Responses => {
            let (error, failed) = (responses_error(&report), responses_failed(&report));
            format!("event: error\ndata: {error}\n\nevent: response.failed\ndata: {failed}\n\n")
        }
        Dialect::Anthropic => format!("event: error\ndata: {}\n\n", report.body()),
        Dialect::OpenAi | Dialect::Gemini => format!("data: {}\n\n", report.body()),
    };
    Bytes::from(text)
}

/// An error as a message of the Responses WebSocket. Codex reads its status and headers as those of a response.
pub(in crate::gateway) fn in_socket_error(
    recipient: ErrorRecipient,
    error: &GatewayError,
    now: DateTime<Utc>,
) -> String {
    let report = recipient.report(error, "", now);
    let mut headers = HeaderMap::new();
    report.add_headers(&mut headers);
    let headers: Map<String, Value> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), text_of(value)?)))
        .collect();
    let message = json!({
        "type": "error",
        "status": report.answer.status.as_u16(),
        "error": openai::inner(&report),
        "headers": headers,
    });
    message.to_string()
}

fn text_of(value: &HeaderValue) -> Option<Value> {
    Some(Value::from(value.to_str().ok()?))
}

/// SDKs read it: some `error`, others its members beside `type`.
fn responses_error(report: &ErrorReport<'_>) -> Value {
    json!({
        "type": "error",
        "code": report.error.code(),
        "message": report.error.to_string(),
        "param": Value::Null,
        "error": openai::inner(report),
    })
}

/// Codex reads this event and not the one before it. Other codes than those of the provider make it connect again.
fn responses_failed(report: &ErrorReport<'_>) -> Value {
    json!({
        "type": "response.failed",
        "response": {
            "id": report.request_id,
            "object": "response",
            "status": "failed",
            "error": { "code": report.error.code(), "message": report.error.to_string() },
        },
    })
}
