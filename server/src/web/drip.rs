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

/// As far apart are the two words of it.
const PAUSE: Duration = Duration::from_secs(1);
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
    /// One event now and one a moment later, as plainly as the gateway would send them.
    pub(super) fn answer(&self) -> Response {
        let Ok(permit) = self.0.clone().try_acquire_owned() else {
            return (StatusCode::SERVICE_UNAVAILABLE, "ask again in a second\n").into_response();
        };
        let later = stream::once(async move {
            sleep(PAUSE).await;
            drop(permit);
            event("still alive")
        });
        let events = stream::iter([event("alive")]).chain(later);
        (
            [
                (CONTENT_TYPE, "text/event-stream"),
                (CACHE_CONTROL, "no-store"),
            ],
            Body::from_stream(events),
        )
            .into_response()
    }
}

fn event(words: &'static str) -> Result<Bytes, Infallible> {
    Ok(Bytes::from(format!("data: {words}\n\n")))
}
