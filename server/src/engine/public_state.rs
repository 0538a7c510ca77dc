//! The public state of the engine: written by the supervisor task, read by all handles.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use chrono::{DateTime, Utc};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::catalogue::Catalogue;
use super::catalogue_refresh::{CatalogueRefresh, RefreshOutcome};
use super::client::EngineClient;
use super::config::EngineAccounts as AccountsById;
use super::endpoint::EngineEndpoint;
use super::logs::LogRing;
use super::status::{EngineMode, EngineState, EngineStatus};
use crate::clock::SharedClock;
use crate::domain::engine_accounts::EngineAccounts;

/// The state that handles read without a lock, except the cached accounts.
#[derive(Debug)]
pub(super) struct PublicState {
    pub(super) status: watch::Sender<EngineStatus>,
    pub(super) endpoint: ArcSwapOption<EngineEndpoint>,
    /// A client of the running engine.
    pub(super) client: ArcSwapOption<EngineClient>,
    pub(super) preview: ArcSwapOption<String>,
    pub(super) logs: LogRing,
    pub(super) catalogue: Catalogue,
    /// The accounts by the engine's ids.
    pub(super) accounts: Arc<ArcSwap<AccountsById>>,
    pub(super) catalogue_refresh: watch::Sender<CatalogueRefresh>,
    pub(super) reported_accounts: Mutex<Option<ReportedAccounts>>,
    /// Cancelled when the supervisor has ended and the engine is stopped.
    pub(super) gone: CancellationToken,
    clock: SharedClock,
}

/// The accounts as the engine last reported them.
#[derive(Debug)]
pub(super) struct ReportedAccounts {
    pub(super) at: Instant,
    /// None when the engine did not answer.
    pub(super) accounts: Option<Arc<EngineAccounts>>,
}

impl ReportedAccounts {
    /// Reported at this moment.
    pub(super) fn now(accounts: Option<Arc<EngineAccounts>>) -> Self {
        let at = Instant::now();
        Self { at, accounts }
    }
}

impl PublicState {
    /// The state of an engine that is about to start.
    pub(super) fn new(mode: EngineMode, clock: SharedClock) -> Arc<Self> {
        Arc::new(Self {
            status: watch::Sender::new(EngineStatus::new(mode)),
            endpoint: ArcSwapOption::empty(),
            client: ArcSwapOption::empty(),
            preview: ArcSwapOption::empty(),
            logs: LogRing::new(clock.clone()),
            catalogue: Catalogue::default(),
            accounts: Arc::default(),
            catalogue_refresh: watch::Sender::default(),
            reported_accounts: Mutex::default(),
            gone: CancellationToken::new(),
            clock,
        })
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A run in this mode starts; `pid` is set for a child process.
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

    /// Another process has taken over and answers at this address from now on.
    pub(super) fn replaced(
        &self,
        endpoint: EngineEndpoint,
        version: Option<String>,
        pid: Option<u32>,
    ) {
        self.endpoint.store(Some(Arc::new(endpoint)));
        self.status.send_modify(|status| {
            status.state = EngineState::Running;
            status.version = version;
            status.pid = pid;
            status.started_at = Some(self.clock.now());
            status.last_error = None;
        });
        tracing::info!("another process of the engine has taken over");
    }

    /// A process starts that refreshes its model catalogue or does not.
    pub(super) fn refreshes_catalogue(&self, enabled: bool) {
        let now = self.clock.now();
        self.catalogue_refresh
            .send_modify(|state| *state = state.restarted(enabled, now));
    }

    /// The engine reported a refresh of its model catalogue.
    pub(super) fn catalogue_refreshed(&self, outcome: RefreshOutcome<'_>) {
        let now = self.clock.now();
        self.catalogue_refresh
            .send_modify(|state| state.note(outcome, now));
        self.catalogue.changed();
    }

    /// Sends no further requests to it.
    pub(super) fn withdraw(&self) {
        self.endpoint.store(None);
        self.catalogue.close();
        self.client.store(None);
    }

    /// It was lost and will be started again.
    pub(super) fn backing_off(&self, reason: &str) {
        tracing::warn!(reason, "the engine was lost and will be started again");
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

    /// It is between two runs, on request.
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
