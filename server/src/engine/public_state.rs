//! The public state of the engine: written by the supervisor task, read by all handles.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::accounts::ReportedAccounts;
use super::catalogue::Catalogue;
use super::client::EngineClient;
use super::endpoint::EngineEndpoint;
use super::logs::LogRing;
use super::status::{EngineMode, EngineState, EngineStatus};
use crate::clock::SharedClock;

/// The engine's public side. Readers take no lock.
#[derive(Debug)]
pub(super) struct PublicState {
    pub(super) status: watch::Sender<EngineStatus>,
    pub(super) endpoint: ArcSwapOption<EngineEndpoint>,
    /// Asks the engine that answers at the endpoint about itself.
    pub(super) client: ArcSwapOption<EngineClient>,
    pub(super) preview: ArcSwapOption<String>,
    pub(super) logs: LogRing,
    pub(super) catalogue: Catalogue,
    pub(super) reported_accounts: ReportedAccounts,
    /// Cancelled when the supervising task has ended and nothing of the engine is left.
    pub(super) gone: CancellationToken,
    clock: SharedClock,
}

impl PublicState {
    /// The face of an engine that is about to start.
    pub(super) fn new(mode: EngineMode, clock: SharedClock) -> Arc<Self> {
        Arc::new(Self {
            status: watch::Sender::new(EngineStatus::new(mode)),
            endpoint: ArcSwapOption::empty(),
            client: ArcSwapOption::empty(),
            preview: ArcSwapOption::empty(),
            logs: LogRing::new(clock.clone()),
            catalogue: Catalogue::default(),
            reported_accounts: ReportedAccounts::default(),
            gone: CancellationToken::new(),
            clock,
        })
    }

    /// A life of this sort begins; `pid` when it is a child of ours.
    pub(super) fn starting(&self, mode: EngineMode, pid: Option<u32>) {
        self.status.send_modify(|status| {
            status.mode = mode;
            status.state = EngineState::Starting;
            status.pid = pid;
            status.started_at = Some(self.clock.now());
            status.version = None;
            status.notice = None;
        });
    }

    /// It answers at this address from now on.
    pub(super) fn running(
        &self,
        endpoint: EngineEndpoint,
        version: Option<String>,
        notice: Option<String>,
    ) {
        self.endpoint.store(Some(Arc::new(endpoint)));
        self.status.send_modify(|status| {
            status.state = EngineState::Running;
            status.version = version;
            status.notice = notice;
            status.last_error = None;
        });
        tracing::info!("the engine is running");
    }

    /// No new requests go to it.
    pub(super) fn withdraw(&self) {
        self.endpoint.store(None);
        self.catalogue.close();
        self.client.store(None);
    }

    /// It is lost, and will be tried again.
    pub(super) fn backing_off(&self, reason: &str) {
        tracing::warn!(reason, "the engine is lost, and will be started again");
        self.settle(EngineState::BackingOff, Some(reason));
        self.status
            .send_modify(|status| status.restarts = status.restarts.saturating_add(1));
    }

    /// It was stopped.
    pub(super) fn stopped(&self) {
        tracing::info!("the engine is stopped");
        self.settle(EngineState::Stopped, None);
    }

    /// It cannot be started until an operator acts.
    pub(super) fn failed(&self, reason: &str) {
        tracing::error!(reason, "the engine cannot be started");
        self.settle(EngineState::Failed, Some(reason));
    }

    /// It is between two lives that were asked for.
    pub(super) fn restarting(&self) {
        self.settle(EngineState::Starting, None);
    }

    fn settle(&self, state: EngineState, reason: Option<&str>) {
        self.withdraw();
        self.status.send_modify(|status| {
            status.state = state;
            status.pid = None;
            if let Some(reason) = reason {
                status.last_error = Some(reason.to_owned());
            }
        });
    }
}
