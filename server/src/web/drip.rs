//! A short test stream, which shows whether a reverse proxy buffers responses.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
};
use futures_util::{StreamExt as _, stream};
use tokio::{sync::Semaphore, time::sleep};

/// The events. Some proxies forward the first part with the head even if they buffer the rest, so one event proves
/// nothing.
const EVENTS: [&str; 3] = ["alive", "still alive", "alive as ever"];
const EVENT_INTERVAL: Duration = Duration::from_millis(500);
/// Anonymous clients may request it, so few run concurrently.
const MAX_CONCURRENT: usize = 4;

/// The running test streams.
#[derive(Debug)]
pub(super) struct Drips(Arc<Semaphore>);

impl Default for Drips {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_CONCURRENT)))
    }
}

impl Drips {
    /// Sends the events with pauses between them, with the headers of the gateway.
    pub(super) fn answer(&self) -> Response {
        let Ok(place) = self.0.clone().try_acquire_owned() else {
            return (
                StatusCode::SERVICE_UNAVAILABLE,
                "too many test streams; retry in a second\n",
            )
                .into_response();
        };
        let mut words = EVENTS.into_iter();
        let first = stream::iter(words.next().map(event));
        let later = stream::unfold((words, place), |(mut words, place)| async move {
            let word = words.next()?;
            sleep(EVENT_INTERVAL).await;
            Some((event(word), (words, place)))
        });
        (
            [
                (CONTENT_TYPE, "text/event-stream"),
                (CACHE_CONTROL, "no-store"),
            ],
            Body::from_stream(first.chain(later).map(Ok::<_, Infallible>)),
        )
            .into_response()
    }
}

fn event(words: &'static str) -> Bytes {
    Bytes::from(format!("data: {words}\n\n"))
}
