//! Errors after a 200: as the last event of a stream, or as a message of a WebSocket.

use bytes::Bytes;
use entity::request::Protocol;
use serde_json::{Value, json};

use super::{Dialect, GatewayError, openai};

/// The event to append to a stream of server-sent events that broke **between** events. A stream that broke inside an event can
/// only be cut: clients would parse the fragment as an event.
pub(in crate::gateway) fn in_stream_error(
    dialect: Dialect,
    protocol: Protocol,
    error: &GatewayError,
    request_id: &str,
) -> Bytes {
    let is_responses = protocol == Protocol::OpenaiResponses;
    let (event, data) = match dialect {
        Dialect::OpenAi if is_responses => (Some("error"), responses_event(error)),
        Dialect::Anthropic => (Some("error"), dialect.body(error, request_id)),
        Dialect::OpenAi | Dialect::Gemini => (None, dialect.body(error, request_id)),
    };
    let name = event.map_or_else(String::new, |event| format!("event: {event}\n"));
    Bytes::from(format!("{name}data: {data}\n\n"))
}

/// An error as a message of the Responses WebSocket.
pub(in crate::gateway) fn in_socket_error(error: &GatewayError) -> String {
    let mut message = json!({ "type": "error", "status": error.status().as_u16() });
    if let Value::Object(members) = &mut message {
        members.insert("error".to_owned(), openai::inner(error));
    }
    message.to_string()
}

/// Some clients read `error`, others its members beside `type`.
fn responses_event(error: &GatewayError) -> Value {
    json!({
        "type": "error",
        "code": error.code(),
        "message": error.to_string(),
        "param": Value::Null,
        "error": openai::inner(error),
    })
}
