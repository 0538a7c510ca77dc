//! The engine as a child process: configured, started, watched, and gone when we are.

mod child;
mod folder;
mod instance;
mod keys;
mod output;
mod ready;
mod reload;
mod runtime;
mod spawner;
mod words;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::time::Instant;

use self::folder::Folder;
pub(super) use self::folder::places;
use self::runtime::{Runtime, StopMode};
use self::spawner::Spawner;
use super::auth_files::AuthFiles;
use super::calls::OrderQueue;
use super::config::EngineAccounts;
use super::options::{EngineContext, EngineOptions};
use super::public_state::PublicState;
use super::status::EngineMode;
use super::supervisor::{RunEnd, UnexpectedExit};

/// A life of this length was a good one, and the next pause is short again.
const HEALTHY: Duration = Duration::from_mins(1);

/// Starts children, one after another, and what outlasts each of them.
#[derive(Debug)]
pub(super) struct Managed {
    options: EngineOptions,
    context: EngineContext,
    public: Arc<PublicState>,
    spawner: Spawner,
    accounts: Arc<ArcSwap<EngineAccounts>>,
}

impl Managed {
    /// Nothing is started yet.
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

    /// One life of the engine, from its configuration to the end of its process.
    pub(super) async fn live(&mut self, program: &Path, calls: &mut OrderQueue) -> RunEnd {
        self.public.starting(EngineMode::Managed, None);
        let began = Instant::now();
        let mut life = match Runtime::begin(self, program).await {
            Ok(life) => life,
            Err(reason) => return died(reason, began),
        };
        let ending = tokio::select! {
            call = calls.interruption() => RunEnd::Called(call),
            reason = life.go_on(self) => died(reason, began),
        };
        self.public.withdraw();
        let wish = match ending {
            RunEnd::Called(_) => StopMode::Stop,
            RunEnd::Died(_) | RunEnd::Unable(_) => StopMode::Bury,
        };
        life.end(self, wish).await;
        ending
    }

    /// Leaves no token in the clear behind when the server ends.
    pub(super) async fn leave(self) {
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
                "auth files are left behind, and are sealed at the next start"
            );
        }
    }
}

fn died(reason: String, began: Instant) -> RunEnd {
    RunEnd::Died(UnexpectedExit {
        reason,
        was_healthy: began.elapsed() >= HEALTHY,
    })
}
