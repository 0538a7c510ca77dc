//! Detects an engine that stopped answering while its process still runs.

use std::time::Duration;

use super::client::EngineClient;

/// The interval between two checks.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// The time limit of one check.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);
/// Consecutive failed checks after which the engine is lost.
const MAX_FAILURES: u32 = 3;

/// Resolves, with the reason, once the engine has failed to answer several times in a row.
pub(super) async fn lost(client: &EngineClient) -> String {
    let mut failures = 0;
    loop {
        tokio::time::sleep(CHECK_INTERVAL).await;
        let problem = match tokio::time::timeout(CHECK_TIMEOUT, client.healthy()).await {
            Ok(Ok(())) => {
                failures = 0;
                continue;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} seconds", CHECK_TIMEOUT.as_secs()),
        };
        failures += 1;
        if failures == MAX_FAILURES {
            return format!("the engine stopped answering: {problem}");
        }
    }
}
