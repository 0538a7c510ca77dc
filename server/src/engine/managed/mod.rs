//! The engine as a child process: configured, started, monitored, and killed when this process ends.

mod child;
mod folder;
mod instance;
mod keys;
mod log_line;
mod model_report;
mod output;
mod ready;
mod reload;
mod runtime;
mod spawner;
mod trial;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::time::Instant;

use self::child::ModelCatalogueSource;
use self::folder::Folder;
pub(super) use self::folder::places;
use self::runtime::{Runtime, ServeEnd, StopMode};
use self::spawner::Spawner;
pub use self::trial::TrialPlace;
pub(super) use self::trial::{ADDED_MODEL, PROBE_MODELS, TrialConfiguration, TrialEngine};
use super::auth_files::AuthFiles;
use super::config::EngineAccounts;
use super::options::{EngineContext, EngineOptions};
use super::orders::OrderQueue;
use super::public_state::PublicState;
use super::run::{RunEnd, UnexpectedExit};
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
    accounts: Arc<ArcSwap<EngineAccounts>>,
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
            public,
            spawner: Spawner::default(),
            accounts: Arc::default(),
        }
    }

    /// One run of the engine, from its configuration to the exit of its process.
    pub(super) async fn run(&mut self, program: &Path, orders: &mut OrderQueue) -> RunEnd {
        self.public.starting(EngineMode::Managed, None);
        let started = Instant::now();
        let mut runtime = match Runtime::start(self, program).await {
            Ok(runtime) => runtime,
            Err(reason) => return lost(reason, started),
        };
        let end = tokio::select! {
            order = orders.interruption() => RunEnd::Ordered(order),
            end = runtime.serve(self) => match end {
                ServeEnd::Lost(reason) => lost(reason, started),
                ServeEnd::Outdated => RunEnd::Outdated,
            },
        };
        self.public.withdraw();
        let mode = match end {
            RunEnd::Ordered(_) | RunEnd::Outdated => StopMode::Graceful,
            RunEnd::Lost(_) | RunEnd::Blocked(_) => StopMode::Kill,
        };
        runtime.stop(self, mode).await;
        end
    }

    /// Where the settings let the engine take its model catalogue from.
    fn catalogue_source(&self) -> ModelCatalogueSource {
        if self.context.source.settings().refresh_model_catalogue {
            ModelCatalogueSource::Refreshed
        } else {
            ModelCatalogueSource::BuiltIn
        }
    }

    /// Deletes the auth files, which hold tokens in clear text, when the server shuts down.
    pub(super) async fn wipe_auth_files(self) {
        if self.options.mode != EngineMode::Managed {
            return;
        }
        let options = &self.options;
        let wiped = match Folder::prepare(&options.data_dir, options.auth_dir.as_deref()) {
            Ok(folder) => {
                let source = self.context.source.clone();
                AuthFiles::new(folder.auths, source, self.public.clone())
                    .wipe()
                    .await
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

fn lost(reason: String, started: Instant) -> RunEnd {
    RunEnd::Lost(UnexpectedExit {
        reason,
        was_healthy: started.elapsed() >= HEALTHY_RUN,
    })
}
