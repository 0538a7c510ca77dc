//! Server-sent events.

use serde_json::Value;

/// The last event of OpenAI's older protocols.
pub const DONE: &str = "data: [DONE]\n\n";

/// An event without a name.
pub fn data(event: &Value) -> String {
    format!("data: {event}\n\n")
}

/// An event named by its `type`.
pub fn named(event: &Value) -> String {
    let name = event["type"].as_str().unwrap_or("message");
    format!("event: {name}\ndata: {event}\n\n")
}
