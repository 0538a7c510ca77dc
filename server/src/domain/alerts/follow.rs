//! A live stream of alerts.

use std::sync::Arc;

use entity::alert;
use futures_util::{Stream, stream};
use tokio::sync::broadcast::error::RecvError;

use super::Alerts;

impl Alerts {
    /// Emits each alert after it was raised, changed, acknowledged or ended; `None` when a slow reader has missed
    /// some.
    pub fn follow(&self) -> impl Stream<Item = Option<Arc<alert::Model>>> + Send + use<> {
        stream::unfold(self.feed.subscribe(), async |mut feed| {
            match feed.recv().await {
                Ok(alert) => Some((Some(alert), feed)),
                Err(RecvError::Lagged(_)) => Some((None, feed)),
                Err(RecvError::Closed) => None,
            }
        })
    }
}
