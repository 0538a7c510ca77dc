//! Responses as server-sent events, so that `curl -N` can read a subscription.

use std::{convert::Infallible, time::Duration};

use async_graphql::{Request as Operation, Response as Answer};
use axum::{
    http::{StatusCode, header::CACHE_CONTROL},
    response::{
        IntoResponse as _, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{StreamExt as _, future::ready, stream::once};

use super::{completion::completed, csrf, rejection::TransportError, state::EndpointState};
use crate::web::AuthenticatedCaller;

/// Shorter than the idle timeout of common proxies.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(12);

/// Responds with one event per result and a final one. A stream that is cut off at the end of the session or
/// of the server lacks the final event, so that the client reconnects.
pub(super) fn answer(
    endpoint: &EndpointState,
    caller: AuthenticatedCaller,
    mut operation: Operation,
) -> Result<Response, TransportError> {
    let place = endpoint.streams.take(&caller.viewer);
    let place = place.ok_or(StatusCode::TOO_MANY_REQUESTS)?;
    let shutdown = endpoint.shutdown.clone();
    let cut_off = Box::pin(async move {
        tokio::select! {
            () = caller.session_guard.ended() => {}
            () = shutdown.cancelled() => {}
        }
    });
    let changes = csrf::changes(&mut operation);
    let responses = endpoint.schema.execute_stream(operation).boxed();
    let responses = if changes {
        completed(&endpoint.tasks, responses)
    } else {
        responses
    };
    let events = responses
        .map(move |answer| {
            let _held = &place;
            next(&answer)
        })
        .chain(once(ready(complete())))
        .take_until(cut_off)
        .map(Ok::<Event, Infallible>);
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE_INTERVAL));
    // Disables buffering in nginx.
    let headers = [
        (CACHE_CONTROL.as_str(), "no-store"),
        ("x-accel-buffering", "no"),
    ];
    Ok((headers, events).into_response())
}

fn next(answer: &Answer) -> Event {
    let event = Event::default().event("next");
    event.json_data(answer).unwrap_or_else(|error| {
        tracing::error!(%error, "an answer cannot be written as JSON");
        complete()
    })
}

fn complete() -> Event {
    Event::default().event("complete").data("")
}
