//! An engine that runs elsewhere: it is monitored, but neither started nor configured.

use std::sync::Arc;

use super::client::{ClientError, EngineClient};
use super::endpoint::EngineEndpoint;
use super::health;
use super::options::{EngineContext, EngineOptions, ExternalEngine};
use super::orders::OrderQueue;
use super::public_state::PublicState;
use super::run::{RunEnd, UnexpectedExit};
use super::status::EngineMode;
use super::usage::Collector;

/// Uses and monitors the external engine. The client is kept across runs, because it counts how often
/// the management key was refused.
#[derive(Debug)]
pub(super) struct External {
    options: EngineOptions,
    context: EngineContext,
    public: Arc<PublicState>,
    connection: Option<(EngineEndpoint, Arc<EngineClient>)>,
}

impl External {
    /// Connects to nothing yet.
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
    pub(super) async fn run(&mut self, orders: &mut OrderQueue) -> RunEnd {
        self.public.starting(EngineMode::External, None);
        let (endpoint, client) = match self.connection() {
            Ok(connection) => connection,
            Err(reason) => return RunEnd::Blocked(reason),
        };
        tokio::select! {
            order = orders.interruption() => return RunEnd::Ordered(order),
            reached = connect_once(&client) => if let Err(error) = reached {
                return lost(format!("the external engine: {error}"));
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
        let end = tokio::select! {
            order = orders.interruption() => RunEnd::Ordered(order),
            reason = health::lost(&client) => lost(reason),
        };
        self.public.withdraw();
        if matches!(end, RunEnd::Ordered(_)) {
            self.options.drained().await;
        }
        collector.finish().await;
        end
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

async fn connect_once(client: &EngineClient) -> Result<(), ClientError> {
    client.healthy().await?;
    client.accepts_key().await
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

fn lost(reason: String) -> RunEnd {
    RunEnd::Lost(UnexpectedExit {
        reason,
        was_healthy: false,
    })
}
