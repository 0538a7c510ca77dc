//! A short stream, by which one sees from outside whether something in front of us holds answers back.

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

/// What it says, and after which pause. Some proxies send what comes with the head on at once, so the first
/// word alone tells nothing.
const WORDS: [&str; 3] = ["alive", "still alive", "alive as ever"];
const PAUSE: Duration = Duration::from_millis(500);
/// Strangers may ask for it, so few are answered at once.
const MOST: usize = 4;

/// The streams that run.
#[derive(Debug)]
pub(super) struct Drips(Arc<Semaphore>);

impl Default for Drips {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST)))
    }
}

impl Drips {
    /// Some events with pauses between them, as plainly as the gateway would send them.
    pub(super) fn answer(&self) -> Response {
        let Ok(place) = self.0.clone().try_acquire_owned() else {
            return (StatusCode::SERVICE_UNAVAILABLE, "ask again in a second\n").into_response();
        };
        let mut words = WORDS.into_iter();
        let first = stream::iter(words.next().map(event));
        let later = stream::unfold((words, place), |(mut words, place)| async move {
            let word = words.next()?;
            sleep(PAUSE).await;
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
