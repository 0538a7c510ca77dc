//! An engine that runs elsewhere: we watch it, and neither start nor configure it.

use std::sync::Arc;

use super::calls::OrderQueue;
use super::client::{ClientError, EngineClient};
use super::endpoint::EngineEndpoint;
use super::health;
use super::options::{EngineContext, EngineOptions, ExternalEngine};
use super::public_state::PublicState;
use super::status::EngineMode;
use super::supervisor::{RunEnd, UnexpectedExit};
use super::usage::Collector;

/// Uses and watches the external engine. The client outlasts its lives, because it counts how often
/// the management key was refused.
#[derive(Debug)]
pub(super) struct External {
    options: EngineOptions,
    context: EngineContext,
    public: Arc<PublicState>,
    connection: Option<(EngineEndpoint, Arc<EngineClient>)>,
}

impl External {
    /// Nothing is reached for yet.
    pub(super) fn new(
        options: EngineOptions,
        context: EngineContext,
        public: Arc<PublicState>,
    ) -> Self {
        Self {
            options,
            context,
            public,
            connection: None,
        }
    }

    /// Uses it until it is lost or a command arrives.
    pub(super) async fn live(&mut self, calls: &mut OrderQueue) -> RunEnd {
        self.public.starting(EngineMode::External, None);
        let (endpoint, client) = match self.connection() {
            Ok(connection) => connection,
            Err(reason) => return RunEnd::Unable(reason),
        };
        tokio::select! {
            call = calls.interruption() => return RunEnd::Called(call),
            found = reach(&client) => if let Err(error) = found {
                return died(format!("the external engine: {error}"));
            }
        }
        self.public.catalogue.open(client.clone());
        self.public.client.store(Some(client.clone()));
        self.public.running(endpoint, None, None);
        let collector = Collector::start(
            &self.context,
            client.clone(),
            Arc::default(),
            self.public.clone(),
        );
        let ending = tokio::select! {
            call = calls.interruption() => RunEnd::Called(call),
            reason = health::lost(&client) => died(reason),
        };
        self.public.withdraw();
        if matches!(ending, RunEnd::Called(_)) {
            self.options.drained().await;
        }
        collector.finish().await;
        ending
    }

    fn connection(&mut self) -> Result<(EngineEndpoint, Arc<EngineClient>), String> {
        if let Some(connection) = &self.connection {
            return Ok(connection.clone());
        }
        let Some(external) = &self.options.external else {
            return Err(
                "no external engine is configured; set ENGINE_URL and ENGINE_API_KEY".to_owned(),
            );
        };
        let connection = connect(external)?;
        Ok(self.connection.insert(connection).clone())
    }
}

async fn reach(client: &EngineClient) -> Result<(), ClientError> {
    client.healthy().await?;
    client.opens().await
}

fn connect(external: &ExternalEngine) -> Result<(EngineEndpoint, Arc<EngineClient>), String> {
    let endpoint =
        EngineEndpoint::new(&external.url, &external.api_key).map_err(|error| error.to_string())?;
    let client = EngineClient::new(
        &external.url,
        external.api_key.clone(),
        external.management_key.clone(),
    )
    .map_err(|error| error.to_string())?;
    Ok((endpoint, Arc::new(client)))
}

fn died(reason: String) -> RunEnd {
    RunEnd::Died(UnexpectedExit {
        reason,
        was_healthy: false,
    })
}
