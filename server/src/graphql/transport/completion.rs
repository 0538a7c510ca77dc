//! Completes mutations of streaming clients: a client that disconnects stops listening, but not the mutation.

use async_graphql::Response;
use futures_util::{StreamExt as _, stream::BoxStream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::task::TaskTracker;

/// Runs a stream in a task of its own. It runs to its end although the returned stream is dropped: a change is made
/// and recorded, or neither.
pub(super) fn completed(
    tasks: &TaskTracker,
    mut responses: BoxStream<'static, Response>,
) -> BoxStream<'static, Response> {
    let (sender, receiver) = mpsc::channel(1);
    tasks.spawn(async move {
        while let Some(response) = responses.next().await {
            // The client may have disconnected.
            let _ = sender.send(response).await;
        }
    });
    ReceiverStream::new(receiver).boxed()
}
