//! The handle of the engine for other modules.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::calls::{EngineOrder, OrderQueue, QueuedOrder};
use super::endpoint::EngineEndpoint;
use super::error::EngineError;
use super::logs::LogRing;
use super::options::{EngineContext, EngineOptions};
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
    /// Starts the engine and the task that watches over it.
    pub fn launch(options: EngineOptions, context: EngineContext) -> Self {
        let public = PublicState::new(options.mode, context.clock.clone());
        let (orders, received) = mpsc::channel(8);
        let calls = OrderQueue {
            orders: received,
            shutdown: context.shutdown.clone(),
        };
        let tasks = context.tasks.clone();
        tasks.spawn(Supervisor::new(options, context, public.clone()).run(calls));
        Self { public, orders }
    }

    /// How the engine is now.
    pub fn status(&self) -> EngineStatus {
        self.public.status.borrow().clone()
    }

    /// Publishes each change of the status.
    pub fn watch(&self) -> watch::Receiver<EngineStatus> {
        self.public.status.subscribe()
    }

    /// Where requests go; nothing while nothing can be reached. Takes no lock.
    pub fn endpoint(&self) -> Option<Arc<EngineEndpoint>> {
        self.public.endpoint.load_full()
    }

    /// The models it serves, possibly cached.
    pub async fn models(&self) -> Result<Arc<EngineModels>, EngineError> {
        self.public.catalogue.models().await
    }

    /// The same, asked anew.
    pub async fn fresh_models(&self) -> Result<Arc<EngineModels>, EngineError> {
        self.public.catalogue.changed();
        self.models().await
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

    /// Lets requests end, then stops the engine until it is started again.
    pub async fn stop(&self) -> Result<EngineStatus, EngineError> {
        self.order(EngineOrder::Stop).await?;
        Ok(self.status())
    }

    /// Lets requests end, stops the engine, starts it and waits until it runs.
    pub async fn restart(&self) -> Result<EngineStatus, EngineError> {
        self.order(EngineOrder::Restart).await?;
        self.settled().await
    }

    /// Waits until the engine is gone for good, which is after the shutdown was asked for.
    pub async fn finished(&self) {
        self.public.gone.cancelled().await;
    }

    async fn order(&self, order: EngineOrder) -> Result<(), EngineError> {
        let (call, acceptance) = QueuedOrder::new(order);
        self.orders
            .send(call)
            .await
            .map_err(|_| EngineError::Ending)?;
        acceptance.await.map_err(|_| EngineError::Ending)
    }

    async fn settled(&self) -> Result<EngineStatus, EngineError> {
        let mut watch = self.watch();
        let settled = watch.wait_for(|status| status.state != EngineState::Starting);
        let status = match tokio::time::timeout(RESTART_TIMEOUT, settled).await {
            Ok(Ok(status)) => status.clone(),
            Ok(Err(_)) => return Err(EngineError::Ending),
            Err(_) => return Err(EngineError::StillStarting),
        };
        match status.state {
            EngineState::Starting | EngineState::Running => Ok(status),
            EngineState::Stopped => Err(EngineError::Ending),
            EngineState::BackingOff | EngineState::Failed => Err(EngineError::DidNotStart(
                status.last_error.unwrap_or_default(),
            )),
        }
    }
}
