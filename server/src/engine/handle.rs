//! The handle of the engine for other modules.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::catalogue_refresh::CatalogueRefresh;
use super::endpoint::EngineEndpoint;
use super::error::EngineError;
use super::logs::LogRing;
use super::options::{EngineContext, EngineOptions};
use super::orders::{EngineOrder, OrderQueue, QueuedOrder};
use super::public_state::PublicState;
use super::status::{EngineState, EngineStatus};
use super::supervisor::Supervisor;
use crate::domain::engine_models::EngineModels;

/// How long a caller waits for a start; the attempt itself may take longer.
const RESTART_TIMEOUT: Duration = Duration::from_secs(30);

/// A cheap handle of the one engine.
#[derive(Clone, Debug)]
pub struct EngineHandle {
    pub(super) public: Arc<PublicState>,
    orders: mpsc::Sender<QueuedOrder>,
}

impl EngineHandle {
    /// Starts the engine and its supervisor.
    pub fn launch(options: EngineOptions, context: EngineContext) -> Self {
        let public = PublicState::new(options.mode, context.clock.clone());
        let (orders, received) = mpsc::channel(8);
        let queue = OrderQueue {
            orders: received,
            shutdown: context.shutdown.clone(),
        };
        let tasks = context.tasks.clone();
        tasks.spawn(Supervisor::new(options, context, public.clone()).run(queue));
        Self { public, orders }
    }

    /// The present status.
    pub fn status(&self) -> EngineStatus {
        self.public.status.borrow().clone()
    }

    /// Publishes each change of the status.
    pub fn watch(&self) -> watch::Receiver<EngineStatus> {
        self.public.status.subscribe()
    }

    /// The endpoint for requests; none while the engine does not run. Takes no lock.
    pub fn endpoint(&self) -> Option<Arc<EngineEndpoint>> {
        self.public.endpoint.load_full()
    }

    /// The models that it serves, possibly cached.
    pub async fn models(&self) -> Result<Arc<EngineModels>, EngineError> {
        self.public.catalogue.models().await
    }

    /// The models that it serves, not from the cache.
    pub async fn fresh_models(&self) -> Result<Arc<EngineModels>, EngineError> {
        self.public.catalogue.changed();
        self.models().await
    }

    /// The refresh of the model catalogue, since the engine started.
    pub fn catalogue_refresh(&self) -> CatalogueRefresh {
        self.public.catalogue_refresh.borrow().clone()
    }

    /// The latest log lines of the engine.
    pub fn logs(&self) -> &LogRing {
        &self.public.logs
    }

    /// The configuration as it was last written, with every secret masked.
    pub fn config_preview(&self) -> Option<String> {
        self.public
            .preview
            .load_full()
            .map(|preview| preview.as_ref().clone())
    }

    /// Starts the engine when it does not run, and waits until it does.
    pub async fn start(&self) -> Result<EngineStatus, EngineError> {
        self.order(EngineOrder::Start).await?;
        self.settled().await
    }

    /// Waits for requests in flight, then stops the engine until it is started again.
    pub async fn stop(&self) -> Result<EngineStatus, EngineError> {
        self.order(EngineOrder::Stop).await?;
        Ok(self.status())
    }

    /// Waits for requests in flight, restarts the engine and waits until it runs.
    pub async fn restart(&self) -> Result<EngineStatus, EngineError> {
        self.order(EngineOrder::Restart).await?;
        self.settled().await
    }

    /// Waits until the engine has stopped after the shutdown.
    pub async fn finished(&self) {
        self.public.gone.cancelled().await;
    }

    async fn order(&self, order: EngineOrder) -> Result<(), EngineError> {
        let (queued, acceptance) = QueuedOrder::new(order);
        self.orders
            .send(queued)
            .await
            .map_err(|_| EngineError::ShuttingDown)?;
        acceptance.await.map_err(|_| EngineError::ShuttingDown)
    }

    async fn settled(&self) -> Result<EngineStatus, EngineError> {
        let mut watch = self.watch();
        let settled = watch.wait_for(|status| status.state != EngineState::Starting);
        let status = match tokio::time::timeout(RESTART_TIMEOUT, settled).await {
            Ok(Ok(status)) => status.clone(),
            Ok(Err(_)) => return Err(EngineError::ShuttingDown),
            Err(_) => return Err(EngineError::StillStarting),
        };
        match status.state {
            EngineState::Starting | EngineState::Running => Ok(status),
            EngineState::Stopped => Err(EngineError::ShuttingDown),
            EngineState::BackingOff | EngineState::Failed => Err(EngineError::DidNotStart(
                status.last_error.unwrap_or_default(),
            )),
        }
    }
}
