//! The engine as a child process: configured, started, monitored, and killed when this process ends.

mod child;
mod folder;
mod handover;
mod instance;
mod keys;
mod log_line;
mod model_report;
mod output;
mod ready;
mod reload;
mod runtime;
mod slots;
mod spawner;
mod trial;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::time::Instant;

use self::child::ModelCatalogueSource;
pub(super) use self::folder::places;
use self::folder::{Folder, RunPlace, SLOTS};
use self::runtime::{Runtime, ServeEnd, StopMode};
use self::slots::Slots;
use self::spawner::Spawner;
pub use self::trial::TrialPlace;
pub(super) use self::trial::{ADDED_MODEL, PROBE_MODELS, TrialConfiguration, TrialEngine};
use super::auth_files::{AuthFiles, RefreshGate, RefreshHold};
use super::config::EngineAccounts;
use super::options::{EngineContext, EngineOptions};
use super::orders::{EngineOrder, OrderQueue};
use super::public_state::PublicState;
use super::run::{RunEnd, UnexpectedExit};
use super::source::CredentialSource;
use super::status::EngineMode;

/// A run at least this long resets the restart delay.
const HEALTHY_RUN: Duration = Duration::from_mins(1);

/// Starts the child processes and keeps the state that outlasts each of them.
#[derive(Debug)]
pub(super) struct Managed {
    options: EngineOptions,
    context: EngineContext,
    public: Arc<PublicState>,
    spawner: Spawner,
    slots: Slots,
    accounts: Arc<ArcSwap<EngineAccounts>>,
    refreshes: RefreshGate,
}

impl Managed {
    /// Starts nothing yet.
    pub(super) fn new(
        options: EngineOptions,
        context: EngineContext,
        public: Arc<PublicState>,
    ) -> Self {
        Self {
            options,
            context,
            accounts: public.accounts.clone(),
            refreshes: RefreshGate::default(),
            public,
            spawner: Spawner::default(),
            slots: Slots::default(),
        }
    }

    /// One run of the engine, from its configuration to the exit of its last process. A switch to another program changes
    /// `program`.
    pub(super) async fn run(&mut self, program: &mut PathBuf, orders: &mut OrderQueue) -> RunEnd {
        self.public.starting(EngineMode::Managed, None);
        let mut started = Instant::now();
        let mut runtime = match Runtime::start(self, program).await {
            Ok(runtime) => runtime,
            Err(reason) => return lost(reason, started),
        };
        let prepared = tokio::select! {
            order = orders.interruption() => Err(RunEnd::Ordered(order)),
            prepared = runtime.prepare(self) => prepared.map_err(|reason| lost(reason, started)),
        };
        let end = if let Err(end) = prepared {
            end
        } else {
            runtime.publish(self);
            loop {
                let end = tokio::select! {
                    order = orders.interruption() => RunEnd::Ordered(order),
                    end = runtime.serve(self) => match end {
                        ServeEnd::Lost(reason) => lost(reason, started),
                        ServeEnd::Outdated => RunEnd::Outdated,
                    },
                };
                match Box::pin(self.react(runtime, program, end)).await {
                    (next, None) => {
                        runtime = next;
                        started = Instant::now();
                    }
                    (last, Some(end)) => {
                        runtime = last;
                        break end;
                    }
                }
            }
        };
        self.public.withdraw();
        let mode = match end {
            RunEnd::Ordered(_) | RunEnd::Outdated => StopMode::Graceful,
            RunEnd::Lost(_) | RunEnd::Blocked(_) => StopMode::Kill,
        };
        runtime.stop(self, mode).await;
        end
    }

    /// Replaces the process when a switch was ordered or its arguments are outdated. Returns the process that serves, and the
    /// end of the run if it is one.
    async fn react(
        &mut self,
        runtime: Runtime,
        program: &mut PathBuf,
        end: RunEnd,
    ) -> (Runtime, Option<RunEnd>) {
        match end {
            RunEnd::Ordered(queued) => match &queued.order {
                EngineOrder::Switch(next) => {
                    let next = next.clone();
                    match self.hand_over(runtime, &next).await {
                        Ok(new) => {
                            *program = next;
                            queued.accept();
                            (new, None)
                        }
                        Err((old, reason)) => {
                            queued.refuse(reason);
                            (old, None)
                        }
                    }
                }
                EngineOrder::Start
                | EngineOrder::Stop
                | EngineOrder::Restart
                | EngineOrder::Shutdown => (runtime, Some(RunEnd::Ordered(queued))),
            },
            RunEnd::Outdated => match self.hand_over(runtime, program).await {
                Ok(new) => (new, None),
                Err((old, reason)) => {
                    tracing::warn!(
                        reason,
                        "the engine is restarted, because no second process could take over"
                    );
                    (old, Some(RunEnd::Outdated))
                }
            },
            end @ (RunEnd::Lost(_) | RunEnd::Blocked(_)) => (runtime, Some(end)),
        }
    }

    /// Another process may still refresh tokens until the result is dropped: meanwhile this engine does not.
    pub(super) fn hold_refreshes(&self) -> RefreshHold {
        self.refreshes.hold()
    }

    /// Where the settings let the engine take its model catalogue from.
    fn catalogue_source(&self) -> ModelCatalogueSource {
        if self.context.source.settings().refresh_model_catalogue {
            ModelCatalogueSource::Refreshed
        } else {
            ModelCatalogueSource::BuiltIn
        }
    }

    /// Stores the tokens that processes beside the usual one have left, after the server was killed during a switch.
    pub(super) async fn rescue_auth_files(&self) {
        for slot in 1..SLOTS {
            self.wipe(slot).await;
        }
    }

    /// Deletes the auth files, which hold tokens in clear text, when the server shuts down.
    pub(super) async fn wipe_auth_files(self) {
        if self.options.mode != EngineMode::Managed {
            return;
        }
        for slot in 0..SLOTS {
            self.wipe(slot).await;
        }
    }

    async fn wipe(&self, slot: usize) {
        let place = place_of(&self.options);
        // The directory of the shared engine's first process stays.
        let is_temporary = slot > 0 || place.account.is_some();
        if is_temporary && !Folder::exists(place, slot) {
            return;
        }
        let wiped = match Folder::prepare(place, slot) {
            Ok(folder) => {
                let source = self.context.source.clone();
                let public = self.public.clone();
                let files =
                    AuthFiles::new(folder.auths.clone(), source, public, RefreshGate::default());
                let wiped = if slot == 0 {
                    files.wipe().await
                } else {
                    files.collect().await.map(drop)
                };
                if is_temporary && wiped.is_ok() {
                    folder.remove();
                }
                wiped
            }
            Err(error) => Err(error.to_string()),
        };
        if let Err(reason) = wiped {
            tracing::warn!(
                reason,
                "auth files could not be deleted; the next start stores their tokens encrypted"
            );
        }
    }
}

/// Where the directories of an engine with these options are.
fn place_of(options: &EngineOptions) -> RunPlace<'_> {
    RunPlace {
        data_dir: &options.data_dir,
        auth_dir: options.auth_dir.as_deref(),
        account: options.account,
    }
}

/// Stores the tokens that engines of single accounts have left, after the server was killed, and removes their directories.
pub(super) async fn rescue_accounts(
    options: &EngineOptions,
    source: Arc<dyn CredentialSource>,
    public: &Arc<PublicState>,
) {
    if options.mode != EngineMode::Managed {
        return;
    }
    for account in place_of(options).accounts() {
        let place = RunPlace {
            account: Some(account),
            ..place_of(options)
        };
        for slot in (0..SLOTS).filter(|slot| Folder::exists(place, *slot)) {
            let Ok(folder) = Folder::prepare(place, slot) else {
                continue;
            };
            let (source, public) = (source.clone(), public.clone());
            let files =
                AuthFiles::new(folder.auths.clone(), source, public, RefreshGate::default());
            match files.collect().await {
                Ok(_) => folder.remove(),
                Err(reason) => tracing::warn!(
                    account.id = %account,
                    reason,
                    "tokens that an engine process of an account has left could not be stored"
                ),
            }
        }
    }
}

fn lost(reason: String, started: Instant) -> RunEnd {
    RunEnd::Lost(UnexpectedExit {
        reason,
        was_healthy: started.elapsed() >= HEALTHY_RUN,
    })
}
