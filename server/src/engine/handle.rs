//! The handle of the engine for other modules.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use super::catalogue_refresh::CatalogueRefresh;
use super::endpoint::EngineEndpoint;
use super::error::EngineError;
use super::fleet::{DedicatedEngines, Fleet, FleetTask, ModelNames};
use super::logs::LogRing;
use super::options::{EngineContext, EngineOptions};
use super::orders::{EngineOrder, OrderQueue, QueuedOrder};
use super::public_state::PublicState;
use super::status::{EngineMode, EngineState, EngineStatus};
use super::supervisor::Supervisor;
use crate::domain::engine_models::EngineModels;

/// How long a caller waits for a start; the attempt itself may take longer.
const RESTART_TIMEOUT: Duration = Duration::from_secs(30);

/// A cheap handle of the one engine.
#[derive(Clone, Debug)]
pub struct EngineHandle {
    pub(super) public: Arc<PublicState>,
    pub(super) fleet: Arc<Fleet>,
    orders: mpsc::Sender<QueuedOrder>,
}

impl EngineHandle {
    /// Starts the engine and its supervisor.
    #[expect(clippy::needless_pass_by_value, reason = "the tasks own clones")]
    pub fn launch(options: EngineOptions, context: EngineContext) -> Self {
        let public = PublicState::new(options.mode, context.clock.clone());
        let (orders, received) = mpsc::channel(8);
        let queue = OrderQueue {
            orders: received,
            shutdown: context.shutdown.clone(),
        };
        let tasks = context.tasks.clone();
        let fleet = Fleet::new(public.clone(), &options);
        let accounts = FleetTask::new(options.clone(), context.clone(), fleet.clone());
        let shared = Supervisor::new(options, fleet.shared_context(&context), public.clone());
        let of_accounts = tasks.clone();
        tasks.spawn(async move {
            accounts.prepare().await;
            of_accounts.spawn(accounts.run());
            shared.run(queue).await;
        });
        Self {
            public,
            fleet,
            orders,
        }
    }

    /// The engine processes of single accounts.
    pub fn dedicated(&self) -> arc_swap::Guard<Arc<DedicatedEngines>> {
        self.fleet.members()
    }

    /// Whether no account has an engine process of its own, so that every request is for the shared engine.
    pub fn is_shared_only(&self) -> bool {
        self.fleet.is_empty()
    }

    /// Whether accounts can have engine processes of their own.
    pub fn may_have_dedicated(&self) -> bool {
        self.fleet.may_have_members()
    }

    /// Whether the engine has the accounts of this server: it is no external one and not the demo.
    pub fn may_have_accounts(&self) -> bool {
        self.public.status.borrow().mode == EngineMode::Managed
    }

    /// Whether the shared engine does not use an account, because that has an engine of its own or none.
    pub fn has_left_shared(&self, account: Uuid) -> bool {
        self.fleet.has_left_shared(account)
    }

    /// Whether the shared engine may still use an account that is to be used by its own process alone.
    pub fn is_account_leaving(&self) -> bool {
        self.fleet.is_leaving_shared()
    }

    /// Whether an account that needs an engine process has none, because there are as many as may be.
    pub fn is_without_process(&self, account: Uuid) -> bool {
        self.fleet.is_without_process(account)
    }

    /// The names of the models of the shared engine; `None` while they are not known, or not needed.
    pub fn shared_models(&self) -> Option<Arc<ModelNames>> {
        self.fleet.shared_models()
    }

    /// Publishes each change of the processes of accounts.
    pub fn process_changes(&self) -> watch::Receiver<u64> {
        self.fleet.process_changes()
    }

    /// Publishes each change of where requests can be sent.
    pub fn route_changes(&self) -> watch::Receiver<u64> {
        self.fleet.changes()
    }

    /// Applies a change of which accounts need an engine process of their own. Afterwards no request is sent to the shared engine
    /// while it may still use such an account.
    pub async fn apply_managed_accounts(&self) {
        self.fleet.examine().await;
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
        let shared = self.public.catalogue.models().await?;
        let members = self.fleet.members.load_full();
        if members.is_empty() {
            return Ok(shared);
        }
        let mut all = shared.as_ref().clone();
        for member in members.values() {
            if let Ok(models) = member.public.catalogue.models().await {
                all.add(&models);
            }
        }
        Ok(Arc::new(all))
    }

    /// The models that it serves, not from the cache.
    pub async fn fresh_models(&self) -> Result<Arc<EngineModels>, EngineError> {
        self.public.catalogue.changed();
        for member in self.fleet.members.load().values() {
            member.public.catalogue.changed();
        }
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
        self.fleet.order(&EngineOrder::Start).await;
        self.settled().await
    }

    /// Waits for requests in flight, then stops the engine until it is started again.
    pub async fn stop(&self) -> Result<EngineStatus, EngineError> {
        self.order(EngineOrder::Stop).await?;
        self.fleet.order(&EngineOrder::Stop).await;
        Ok(self.status())
    }

    /// Waits for requests in flight, restarts the engine and waits until it runs.
    pub async fn restart(&self) -> Result<EngineStatus, EngineError> {
        self.order(EngineOrder::Restart).await?;
        self.fleet.order(&EngineOrder::Restart).await;
        self.settled().await
    }

    /// Runs this program from now on: a managed engine gets a second process that takes over without a failed request. Fails
    /// with the reason if that process cannot serve; then the engine stays as it is.
    pub(super) async fn switch(&self, program: PathBuf) -> Result<EngineStatus, EngineError> {
        self.order(EngineOrder::Switch(program.clone())).await?;
        let status = self.settled().await?;
        self.fleet.switch(&program);
        Ok(status)
    }

    /// Waits until the engine has stopped after the shutdown.
    pub async fn finished(&self) {
        self.public.gone.cancelled().await;
        self.fleet.finished().await;
    }

    async fn order(&self, order: EngineOrder) -> Result<(), EngineError> {
        let (queued, acceptance) = QueuedOrder::new(order);
        self.orders
            .send(queued)
            .await
            .map_err(|_| EngineError::ShuttingDown)?;
        let outcome = acceptance.await.map_err(|_| EngineError::ShuttingDown)?;
        outcome.map_err(EngineError::Refused)
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
