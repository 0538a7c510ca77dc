//! Watches the directory and the database during one run of the engine.

use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::AuthFiles;
use super::settling::Writers;

/// The interval of reading the directory, in case a file event was lost.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// Events within this time are handled together, after the engine has finished writing.
const DEBOUNCE: Duration = Duration::from_millis(10);

/// The task that watches.
#[derive(Debug)]
pub(in crate::engine) struct DirectoryWatch {
    task: JoinHandle<AuthFiles>,
    stop: DropGuard,
}

impl DirectoryWatch {
    /// Starts the task.
    pub(in crate::engine) fn start(files: AuthFiles, tasks: &TaskTracker) -> Self {
        let stop = CancellationToken::new();
        Self {
            task: tasks.spawn(follow(files, stop.clone())),
            stop: stop.drop_guard(),
        }
    }

    /// Stops watching while the engine runs on, after everything was stored once more.
    pub(in crate::engine) async fn release(self) -> Result<AuthFiles, String> {
        drop(self.stop);
        let files = self.task.await.map_err(|error| error.to_string())?;
        let (files, settled) = files.settle(Writers::Engine).await;
        settled.map(|()| files)
    }

    /// Stores everything once more, after the engine has stopped.
    pub(in crate::engine) async fn finish(self) {
        drop(self.stop);
        let Ok(files) = self.task.await else {
            return;
        };
        let (_, settled) = files.settle(Writers::None).await;
        if let Err(reason) = settled {
            tracing::error!(
                reason,
                "the engine's last changes could not be stored; the next start stores them from its files"
            );
        }
    }
}

async fn follow(mut files: AuthFiles, stop: CancellationToken) -> AuthFiles {
    let touched = Arc::new(Notify::new());
    let _watcher = watcher(&files, touched.clone())
        .inspect_err(|error| tracing::warn!(%error, "auth files are read every second only, because they cannot be watched"));
    let mut changes = files.source().changes();
    let mut gate = files.gate().changes();
    let mut sweep = interval(SWEEP_INTERVAL);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_settled = true;
    loop {
        tokio::select! {
            () = stop.cancelled() => return files,
            _ = sweep.tick() => {}
            () = touched.notified() => tokio::time::sleep(DEBOUNCE).await,
            Ok(()) = changes.changed() => files.unsettle(),
            Ok(()) = gate.changed() => files.unsettle(),
        }
        let settled;
        (files, settled) = files.settle(Writers::Engine).await;
        if let Err(reason) = &settled
            && was_settled
        {
            tracing::error!(reason, "auth files could not be synchronised; retrying");
        }
        was_settled = settled.is_ok();
    }
}

fn watcher(files: &AuthFiles, touched: Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading a file is no change; an error may hide one.
        if event.is_ok_and(|event| event.kind.is_access()) {
            return;
        }
        touched.notify_one();
    })?;
    watcher.watch(files.path(), RecursiveMode::NonRecursive)?;
    Ok(watcher)
}
