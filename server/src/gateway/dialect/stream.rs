//! Errors that come after a 200: as the last event of a stream, or as a message of a socket.

use bytes::Bytes;
use entity::request::Protocol;
use serde_json::{Value, json};

use super::{Dialect, GatewayError, openai};

/// What to append to a stream of server-sent events that broke **between** events; one that broke inside
/// an event can only be cut, or the fragment would be taken for an event.
pub(in crate::gateway) fn in_stream_error(
    dialect: Dialect,
    protocol: Protocol,
    fault: &GatewayError,
    request_id: &str,
) -> Bytes {
    let is_responses = protocol == Protocol::OpenaiResponses;
    let (event, data) = match dialect {
        Dialect::OpenAi if is_responses => (Some("error"), responses_event(fault)),
        Dialect::Anthropic => (Some("error"), dialect.error(fault, request_id)),
        Dialect::OpenAi | Dialect::Gemini => (None, dialect.error(fault, request_id)),
    };
    let name = event.map_or_else(String::new, |event| format!("event: {event}\n"));
    Bytes::from(format!("{name}data: {data}\n\n"))
}

/// A message that says on a Responses WebSocket what went wrong.
pub(in crate::gateway) fn in_socket_error(fault: &GatewayError) -> String {
    let mut message = json!({ "type": "error", "status": fault.status().as_u16() });
    if let Value::Object(members) = &mut message {
        members.insert("error".to_owned(), openai::inner(fault));
    }
    message.to_string()
}

/// Some readers look for `error`, others for its members beside `type`.
fn responses_event(fault: &GatewayError) -> Value {
    json!({
        "type": "error",
        "code": fault.code(),
        "message": fault.to_string(),
        "param": Value::Null,
        "error": openai::inner(fault),
    })
}
