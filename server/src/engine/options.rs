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

use super::source::CredentialSource;
use super::status::EngineMode;
use crate::clock::SharedClock;
use crate::domain::engine_usage::EngineUsage;

/// How long the requests on their way may take before the engine is stopped under them.
const DRAIN_LIMIT: Duration = Duration::from_secs(30);

/// Waits until the requests on their way have been answered; called before the engine is stopped,
/// because the engine itself drops them (its own grace ends thirty seconds after its start).
pub type DrainHook = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

/// How to run the engine.
#[derive(Clone)]
pub struct EngineOptions {
    /// Which sort of engine.
    pub mode: EngineMode,
    /// The program to supervise; without it we look in `search_path`, then below `data_dir`.
    pub binary: Option<PathBuf>,
    /// Where programs are looked for: the `PATH` of our environment. The child gets it too.
    pub search_path: OsString,
    /// Where everything of ours lies; the engine gets `engine/` below it.
    pub data_dir: PathBuf,
    /// Where auth files are; in memory when absent.
    pub auth_dir: Option<PathBuf>,
    /// Our own program, which becomes the engine after tying its life to ours.
    pub launcher: PathBuf,
    /// The engine that runs elsewhere; needed when `mode` is external.
    pub external: Option<ExternalEngine>,
    /// Whether the demo may take the place of a missing engine. Not on a public address.
    pub allow_demo_fallback: bool,
    /// Called before the engine is stopped or restarted on request.
    pub drain: Option<DrainHook>,
}

/// An engine that runs elsewhere.
#[derive(Clone, Debug)]
pub struct ExternalEngine {
    /// Where it listens.
    pub url: Url,
    /// One of its `api-keys`.
    pub api_key: SecretString,
    /// Opens its usage queue; without it that second source is closed.
    pub management_key: Option<SecretString>,
}

/// The dependencies of the engine.
#[derive(Clone)]
pub struct EngineContext {
    /// Where the credentials to configure come from.
    pub source: Arc<dyn CredentialSource>,
    pub clock: SharedClock,
    /// Where records of the engine's usage queue go.
    pub usage: mpsc::Sender<EngineUsage>,
    /// Tracks our tasks until shutdown.
    pub tasks: TaskTracker,
    /// When to end.
    pub shutdown: CancellationToken,
}

impl EngineOptions {
    /// Waits until the requests on their way have been answered, though not for ever.
    pub(super) async fn drained(&self) {
        if let Some(drain) = &self.drain
            && tokio::time::timeout(DRAIN_LIMIT, drain()).await.is_err()
        {
            tracing::warn!("requests are still on their way, and the engine is stopped under them");
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
