//! The options of the engine.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;
use uuid::Uuid;

use super::source::CredentialSource;
use super::status::EngineMode;
use crate::clock::SharedClock;
use crate::domain::engine_usage::EngineUsage;
use crate::in_flight::InFlight;

/// The time limit for requests in flight before the engine is stopped.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// A refresh of a token takes at most three attempts of 30 seconds with pauses (read in 7.2.140).
pub const REFRESH_LIMIT: Duration = Duration::from_mins(2);

/// Waits until the requests in flight have finished; called before the engine is stopped, because the engine drops
/// them (its own grace period ends thirty seconds after its start).
pub type DrainHook = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// How to run the engine.
#[derive(Clone)]
pub struct EngineOptions {
    pub mode: EngineMode,
    /// The program to run; by default it is searched in `search_path`, then below `data_dir`.
    pub binary: Option<PathBuf>,
    /// The `PATH` of this process; passed to the child process.
    pub search_path: OsString,
    /// The data directory; the engine uses `engine/` below it.
    pub data_dir: PathBuf,
    /// The directory of auth files; in memory by default.
    pub auth_dir: Option<PathBuf>,
    /// This program, which executes the engine so that it exits with this process.
    pub launcher: PathBuf,
    /// Required when `mode` is external.
    pub external: Option<ExternalEngine>,
    /// Whether the demo engine may replace a missing engine. Never on a public address.
    pub allow_demo_fallback: bool,
    /// Called before the engine is stopped or restarted on request.
    pub drain: Option<DrainHook>,
    /// Called after another process has taken over; resolves when the requests have ended that the earlier one may serve.
    pub drain_replaced: Option<DrainHook>,
    /// How many accounts may have a process of their own.
    pub dedicated_max: usize,
    /// The account whose process this is; `None` for the shared engine.
    pub account: Option<Uuid>,
    /// How long a refresh of a token can take that the engine has begun, with its retries.
    pub refresh_limit: Duration,
}

/// An engine that runs elsewhere.
#[derive(Clone, Debug)]
pub struct ExternalEngine {
    pub url: Url,
    /// One of its `api-keys`.
    pub api_key: SecretString,
    /// Required to read its usage queue; without it usage is not reconciled.
    pub management_key: Option<SecretString>,
}

/// The dependencies of the engine.
#[derive(Clone)]
pub struct EngineContext {
    /// The source of credentials.
    pub source: Arc<dyn CredentialSource>,
    pub clock: SharedClock,
    /// Receives the records of the engine's usage queue.
    pub usage: mpsc::Sender<EngineUsage>,
    /// Tracks our tasks until shutdown.
    pub tasks: TaskTracker,
    /// Cancelled at shutdown.
    pub shutdown: CancellationToken,
}

impl EngineOptions {
    /// Awaits these requests before a process is stopped.
    #[must_use]
    pub fn draining(self, in_flight: &InFlight) -> Self {
        let (all, earlier) = (in_flight.clone(), in_flight.clone());
        Self {
            drain: Some(Arc::new(move || {
                let requests = all.all().clone();
                Box::pin(async move {
                    requests.close();
                    requests.wait().await;
                    requests.reopen();
                })
            })),
            drain_replaced: Some(Arc::new(move || {
                let earlier = earlier.begin_generation();
                Box::pin(async move { earlier.wait().await })
            })),
            ..self
        }
    }

    /// For the process of an account, whose requests are counted here.
    pub(super) fn of_account(&self, account: Uuid, in_flight: &InFlight) -> Self {
        Self {
            account: Some(account),
            allow_demo_fallback: false,
            ..self.clone().draining(in_flight)
        }
    }

    /// Waits until the requests in flight have finished, up to the time limit.
    pub(super) async fn drained(&self) {
        if let Some(drain) = &self.drain
            && tokio::time::timeout(DRAIN_TIMEOUT, drain()).await.is_err()
        {
            tracing::warn!("the engine is stopped although requests are still in flight");
        }
    }
}

impl fmt::Debug for EngineOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EngineOptions")
            .field("mode", &self.mode)
            .field("binary", &self.binary)
            .field("data_dir", &self.data_dir)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for EngineContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EngineContext")
            .finish_non_exhaustive()
    }
}
