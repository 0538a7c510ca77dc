//! Waits until a started engine can serve requests.

use std::time::Duration;

use tokio::sync::watch;

use super::output::OutputFacts;
use crate::engine::client::EngineClient;

/// The interval between two checks.
const CHECK_INTERVAL: Duration = Duration::from_millis(25);
/// The time limit for the log line about loaded accounts; another release may not write it.
const LOADED_TIMEOUT: Duration = Duration::from_secs(1);

/// Resolves once the engine answers, accepts the key and has loaded its accounts.
pub(super) async fn ready(client: &EngineClient, mut facts: watch::Receiver<OutputFacts>) {
    while client.healthy().await.is_err() {
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
    while client.accepts_key().await.is_err() {
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
    let loaded = facts.wait_for(|facts| facts.is_loaded);
    if tokio::time::timeout(LOADED_TIMEOUT, loaded).await.is_err() {
        tracing::debug!("the engine did not log that its accounts are loaded");
    }
}
