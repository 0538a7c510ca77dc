//! Sends prepared events with a short delay between them, so that streaming is visible.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream::unfold;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

/// The delay before each event.
pub(super) const PAUSE: Duration = Duration::from_millis(15);

/// Streams the events.
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
