//! The engine processes: a shared one, and one for each account whose use is restricted or limited.
//!
//! An engine process can use its own accounts only, whatever a request contains. A sign-in is in one engine at most, so that
//! one process at most refreshes its token: [`placement`] decides in which, [`scoped_source`] gives each engine its part, and
//! [`task`] moves accounts.

mod member;
mod placement;
mod scoped_source;
mod task;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

pub use self::member::{DedicatedEngine, DedicatedPhase, ModelNames};
use self::placement::{EngineScope, Place, Placements};
use self::scoped_source::ScopedSource;
pub(super) use self::task::FleetTask;
use super::options::{EngineContext, EngineOptions};
use super::orders::EngineOrder;
use super::public_state::PublicState;
use super::status::EngineMode;

/// The processes of accounts, by account.
pub type DedicatedEngines = BTreeMap<Uuid, Arc<DedicatedEngine>>;

/// The engine processes beside the shared one. It keeps nothing alive.
#[derive(Debug)]
pub(super) struct Fleet {
    max_members: usize,
    shared: Arc<PublicState>,
    placements: Arc<Placements>,
    pub(super) members: ArcSwap<DedicatedEngines>,
    /// The models of the shared engine; `None` while they are not known, or no account has a process of its own.
    shared_models: ArcSwapOption<ModelNames>,
    /// Increases with each change that may affect where a request can be sent.
    changes: watch::Sender<u64>,
    /// Increases with each change of a process.
    process_changes: watch::Sender<u64>,
    /// How often it was to be examined which accounts need a process, and up to which of these that was done.
    requested: watch::Sender<u64>,
    examined: watch::Sender<u64>,
    wake: Notify,
    /// Processes change to another program one after another.
    turn: Arc<Semaphore>,
    tasks: TaskTracker,
    /// Cancelled when every process has ended.
    gone: CancellationToken,
}

impl Fleet {
    pub(super) fn new(shared: Arc<PublicState>, options: &EngineOptions) -> Arc<Self> {
        let is_managed = options.mode == EngineMode::Managed;
        Arc::new(Self {
            max_members: if is_managed { options.dedicated_max } else { 0 },
            shared,
            placements: Arc::default(),
            members: ArcSwap::default(),
            shared_models: ArcSwapOption::empty(),
            changes: watch::Sender::default(),
            process_changes: watch::Sender::default(),
            requested: watch::Sender::default(),
            examined: watch::Sender::default(),
            wake: Notify::new(),
            turn: Arc::new(Semaphore::new(1)),
            tasks: TaskTracker::new(),
            gone: CancellationToken::new(),
        })
    }

    /// The context of the shared engine: without the accounts that have an engine of their own.
    pub(super) fn shared_context(&self, context: &EngineContext) -> EngineContext {
        self.scoped(context, EngineScope::Shared)
    }

    fn scoped(&self, context: &EngineContext, scope: EngineScope) -> EngineContext {
        EngineContext {
            source: Arc::new(ScopedSource {
                inner: context.source.clone(),
                placements: Arc::clone(&self.placements),
                scope,
                shared: Arc::clone(&self.shared),
            }),
            ..context.clone()
        }
    }

    pub(super) fn members(&self) -> arc_swap::Guard<Arc<DedicatedEngines>> {
        self.members.load()
    }

    pub(super) fn process_changes(&self) -> watch::Receiver<u64> {
        self.process_changes.subscribe()
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The models of the shared engine; `None` while they are not known.
    pub(super) fn shared_models(&self) -> Option<Arc<ModelNames>> {
        self.shared_models.load_full()
    }

    /// Whether no account has a process of its own, so that every request is for the shared engine.
    pub(super) fn is_empty(&self) -> bool {
        self.members.load().is_empty() && self.placements.is_empty()
    }

    /// Whether an account that needs a process has none, because there are as many as may be.
    pub(super) fn is_without_process(&self, account: Uuid) -> bool {
        self.placements.get(account) == Some(Place::Nowhere)
    }

    pub(super) fn has_left_shared(&self, account: Uuid) -> bool {
        let members = self.members.load();
        match members.get(&account) {
            Some(member) => member.has_left_shared(),
            None => self.is_without_process(account),
        }
    }

    /// Whether accounts can have processes of their own.
    pub(super) fn may_have_members(&self) -> bool {
        self.max_members > 0
    }

    /// Whether an account is still in the shared engine, although it is to be used by its own alone.
    pub(super) fn is_leaving_shared(&self) -> bool {
        let members = self.members.load();
        members.values().any(|member| !member.has_left_shared())
    }

    /// Examines which accounts need a process, and waits until those that no longer may be used by the shared engine are known.
    pub(super) async fn examine(&self) {
        let mut wanted = 0;
        self.requested.send_modify(|count| {
            *count += 1;
            wanted = *count;
        });
        self.wake.notify_one();
        let mut examined = self.examined.subscribe();
        tokio::select! {
            // The sender is in `self`.
            _ = examined.wait_for(|count| *count >= wanted) => {}
            () = self.gone.cancelled() => {}
        }
    }

    /// Lets every process change to this program, one after another, without a failed request.
    pub(super) fn switch(&self, program: &Path) {
        for member in self.members.load().values() {
            let (member, turn) = (Arc::clone(member), Arc::clone(&self.turn));
            let program = program.to_owned();
            self.tasks.spawn(async move {
                let _turn = turn.acquire().await;
                if let Err(error) = member.order(EngineOrder::Switch(program)).await {
                    tracing::warn!(account.id = %member.account_id, %error, "the engine process of an account keeps its program");
                }
            });
        }
    }

    /// Gives every process this order; returns when all have carried it out.
    pub(super) async fn order(&self, order: &EngineOrder) {
        let members = self.members.load_full();
        let orders = members.values().map(async |member| {
            if let Err(error) = member.order(order.clone()).await {
                tracing::debug!(account.id = %member.account_id, %error, "the engine process of an account did not carry out an order");
            }
        });
        futures_util::future::join_all(orders).await;
    }

    pub(super) async fn finished(&self) {
        self.gone.cancelled().await;
    }

    fn changed(&self) {
        self.changes.send_modify(|edition| *edition += 1);
    }

    fn process_changed(&self) {
        self.process_changes.send_modify(|edition| *edition += 1);
    }

    fn change_members(&self, change: impl Fn(&mut DedicatedEngines)) {
        self.members.rcu(|members| {
            let mut members = members.as_ref().clone();
            change(&mut members);
            members
        });
        self.changed();
        self.process_changed();
    }
}
