//! Decides when a new engine may be given requests.

use std::time::Duration;

use tokio::sync::watch;

use super::output::Heard;
use crate::engine::client::EngineClient;

/// How often we ask.
const INTERVAL: Duration = Duration::from_millis(25);
/// How long we wait for the engine to say that all accounts are loaded; a later release may say it in
/// other words.
const LOADING: Duration = Duration::from_secs(1);

/// Resolves once the engine answers, lets us in, and knows its accounts.
pub(super) async fn ready(client: &EngineClient, mut heard: watch::Receiver<Heard>) {
    while client.healthy().await.is_err() {
        tokio::time::sleep(INTERVAL).await;
    }
    while client.opens().await.is_err() {
        tokio::time::sleep(INTERVAL).await;
    }
    let loaded = heard.wait_for(|heard| heard.is_loaded);
    if tokio::time::timeout(LOADING, loaded).await.is_err() {
        tracing::debug!("the engine did not say that its accounts are loaded");
    }
}
