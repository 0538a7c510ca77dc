//! Sends prepared events with a short delay between them, so that streaming is visible.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream::unfold;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::Value;

/// The delay before each event.
pub(super) const PAUSE: Duration = Duration::from_millis(15);

/// An event without a name.
pub(super) fn data(event: &Value) -> String {
    format!("data: {event}\n\n")
}

/// An event named by its `type`.
pub(super) fn named(event: &Value) -> String {
    let name = event["type"].as_str().unwrap_or("message");
    format!("event: {name}\ndata: {event}\n\n")
}

/// The events as an answer.
pub(super) fn answer(events: Vec<String>) -> Response {
    let paced = unfold(events.into_iter(), |mut events| async {
        let event = events.next()?;
        tokio::time::sleep(PAUSE).await;
        Some((Ok::<_, Infallible>(Bytes::from(event)), events))
    });
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, Body::from_stream(paced)).into_response()
}
