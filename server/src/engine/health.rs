//! Notices that the engine does not answer any more although its process lives.

use std::time::Duration;

use super::client::EngineClient;

/// How often it is asked.
const INTERVAL: Duration = Duration::from_secs(2);
/// How long it may take to answer.
const TIME_LIMIT: Duration = Duration::from_secs(3);
/// How often in a row it may fail to answer.
const MAX_FAILURES: u32 = 3;

/// Resolves, with the reason, once the engine has failed to answer several times in a row.
pub(super) async fn lost(client: &EngineClient) -> String {
    let mut failures = 0;
    loop {
        tokio::time::sleep(INTERVAL).await;
        let problem = match tokio::time::timeout(TIME_LIMIT, client.healthy()).await {
            Ok(Ok(())) => {
                failures = 0;
                continue;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it was silent for {} seconds", TIME_LIMIT.as_secs()),
        };
        failures += 1;
        if failures == MAX_FAILURES {
            return format!("the engine does not answer any more: {problem}");
        }
    }
}
