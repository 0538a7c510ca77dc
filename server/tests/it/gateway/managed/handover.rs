//! Another process of the engine takes over while a token is refreshed.

use std::time::Duration;

use proxypal_server::engine::EngineState;
use serde_json::json;

use super::{Delivery, Managed, Protocol};
use crate::support::{Options, eventually, soon, test_context, token_endpoint::TokenEndpoint};

/// Longer than a switch takes on a busy machine.
const REFRESH_LIMIT: Duration = Duration::from_secs(4);

impl Managed {
    /// Changes a setting that needs another process, and waits until it serves.
    async fn replace_process(&self) {
        let (settings, engine) = (&self.app.services.settings, &self.app.services.engine);
        let before = engine.status().pid;
        let version = settings.current().version;
        let changed = settings.update(test_context(), version, |gateway| {
            gateway.refresh_model_catalogue = !gateway.refresh_model_catalogue;
        });
        changed.await.unwrap();
        let mut status = engine.watch();
        let replaced =
            status.wait_for(|status| status.pid != before && status.state == EngineState::Running);
        soon("another process", replaced).await.unwrap();
    }

    /// A request that only the signed-in account serves.
    async fn ask_account(&self) -> u16 {
        let mut body = Protocol::Responses.body(Delivery::Whole, "usage:");
        body["model"] = json!("grok-4.3");
        let request = self.app.http.post(self.app.url("/v1/responses"));
        let answer = request.bearer_auth(&self.key).json(&body).send().await;
        answer.unwrap().status().as_u16()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_outlasts_a_switch_of_processes_is_the_only_one() {
    let endpoint = TokenEndpoint::start().await;
    let options = Options {
        refresh_limit: Some(REFRESH_LIMIT),
        ..Options::default()
    };
    let managed = Managed::start_with(options).await;
    endpoint.stall(true);
    managed.sign_in_with(&endpoint).await;
    eventually("a refresh", async || {
        (endpoint.remembered().requests > 0).then_some(())
    })
    .await;

    managed.replace_process().await;
    let served = managed.ask_account().await;
    let requests = endpoint.remembered().requests;
    endpoint.stall(false);

    assert_eq!((served, requests), (200, 1));
    // The result of the refresh reaches the new process, which then refreshes it in its turn.
    eventually("a refresh by the new process", async || {
        (endpoint.remembered().latest > 1).then_some(())
    })
    .await;
    assert_eq!(managed.ask_account().await, 200);
    assert_eq!(managed.app.services.engine.status().restarts, 0);
    assert_eq!(endpoint.remembered().replays, 0);
}
