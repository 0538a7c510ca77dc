//! The engine process of one account, as other modules see it.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use arc_swap::ArcSwapOption;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::engine::endpoint::EngineEndpoint;
use crate::engine::error::EngineError;
use crate::engine::orders::{EngineOrder, QueuedOrder};
use crate::engine::public_state::PublicState;
use crate::engine::status::EngineStatus;
use crate::in_flight::{InFlight, InFlightToken};

/// Names of models, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelNames(HashSet<String>);

impl ModelNames {
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a String>) -> Self {
        Self(names.map(|name| name.to_lowercase()).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has_all(&self, others: &Self) -> bool {
        others.0.is_subset(&self.0)
    }

    /// Whether a name is among them, which must be in lower case.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// Whether requests may be sent to the process of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DedicatedPhase {
    /// The account comes from the shared engine; its process starts.
    Starting,
    Serving,
    /// The account returns to the shared engine.
    Leaving,
}

/// The engine process of one account.
#[derive(Debug)]
pub struct DedicatedEngine {
    pub account_id: Uuid,
    pub(in crate::engine) public: Arc<PublicState>,
    pub(super) in_flight: InFlight,
    pub(super) models: ArcSwapOption<ModelNames>,
    /// False once the account is to return to the shared engine.
    pub(super) is_wanted: watch::Sender<bool>,
    orders: mpsc::Sender<QueuedOrder>,
    phase: AtomicU8,
    /// Whether the shared engine no longer uses the account.
    has_left_shared: AtomicBool,
}

impl DedicatedEngine {
    pub(super) fn new(
        account_id: Uuid,
        public: Arc<PublicState>,
    ) -> (Self, mpsc::Receiver<QueuedOrder>) {
        let (orders, received) = mpsc::channel(8);
        let engine = Self {
            account_id,
            public,
            in_flight: InFlight::default(),
            models: ArcSwapOption::empty(),
            is_wanted: watch::Sender::new(true),
            orders,
            phase: AtomicU8::new(0),
            has_left_shared: AtomicBool::new(false),
        };
        (engine, received)
    }

    pub fn phase(&self) -> DedicatedPhase {
        match self.phase.load(Ordering::SeqCst) {
            0 => DedicatedPhase::Starting,
            1 => DedicatedPhase::Serving,
            _ => DedicatedPhase::Leaving,
        }
    }

    pub(super) fn set_phase(&self, phase: DedicatedPhase) {
        let number = match phase {
            DedicatedPhase::Starting => 0,
            DedicatedPhase::Serving => 1,
            DedicatedPhase::Leaving => 2,
        };
        self.phase.store(number, Ordering::SeqCst);
    }

    pub(super) fn has_left_shared(&self) -> bool {
        self.has_left_shared.load(Ordering::SeqCst)
    }

    pub(super) fn leave_shared(&self) {
        self.has_left_shared.store(true, Ordering::SeqCst);
    }

    pub fn status(&self) -> EngineStatus {
        self.public.status.borrow().clone()
    }

    /// Where requests may be sent now; `None` while it does not serve. The request counts as running until the token is
    /// dropped, and the process is not stopped before.
    pub fn enter(&self) -> Option<(Arc<EngineEndpoint>, InFlightToken)> {
        // Before the phase and the address are read, so that a change of them waits for this request.
        let token = self.in_flight.token();
        if self.phase() != DedicatedPhase::Serving {
            return None;
        }
        Some((self.public.endpoint.load_full()?, token))
    }

    /// Whether it serves a model, whose name must be in lower case; `None` while that is not known.
    pub fn serves(&self, model: &str) -> Option<bool> {
        let models = self.models.load();
        models.as_ref().map(|models| models.has(model))
    }

    /// Whether the engine's id of an account is that of this one.
    pub fn is_own(&self, auth_index: &str) -> bool {
        let accounts = self.public.accounts.load();
        let account = accounts.find(auth_index);
        account.is_some_and(|account| account.id == self.account_id)
    }

    pub(in crate::engine) async fn order(&self, order: EngineOrder) -> Result<(), EngineError> {
        let (queued, acceptance) = QueuedOrder::new(order);
        let sent = self.orders.send(queued).await;
        sent.map_err(|_| EngineError::ShuttingDown)?;
        let outcome = acceptance.await.map_err(|_| EngineError::ShuttingDown)?;
        outcome.map_err(EngineError::Refused)
    }
}
