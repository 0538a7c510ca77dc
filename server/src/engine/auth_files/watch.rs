//! Follows the directory and the database for one life of the engine.

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

/// Looks at the directory this often, in case an event was lost.
const SWEEP: Duration = Duration::from_secs(1);
/// Events that come together are looked at together; the engine has finished writing then.
const DEBOUNCE: Duration = Duration::from_millis(10);

/// A task that follows.
#[derive(Debug)]
pub(in crate::engine) struct DirectoryWatch {
    task: JoinHandle<AuthFiles>,
    stop: DropGuard,
}

impl DirectoryWatch {
    /// Starts to follow.
    pub(in crate::engine) fn start(files: AuthFiles, tasks: &TaskTracker) -> Self {
        let stop = CancellationToken::new();
        Self {
            task: tasks.spawn(follow(files, stop.clone())),
            stop: stop.drop_guard(),
        }
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
                "the engine's last changes stay in its files, and are sealed at the next start"
            );
        }
    }
}

async fn follow(mut files: AuthFiles, stop: CancellationToken) -> AuthFiles {
    let touched = Arc::new(Notify::new());
    let _watcher = watcher(&files, touched.clone())
        .inspect_err(|error| tracing::warn!(%error, "auth files are swept only, not watched"));
    let mut changes = files.source().changes();
    let mut sweep = interval(SWEEP);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_well = true;
    loop {
        tokio::select! {
            () = stop.cancelled() => return files,
            _ = sweep.tick() => {}
            () = touched.notified() => tokio::time::sleep(DEBOUNCE).await,
            Ok(()) = changes.changed() => files.unsettle(),
        }
        let settled;
        (files, settled) = files.settle(Writers::Engine).await;
        if let Err(reason) = &settled
            && is_well
        {
            tracing::error!(reason, "auth files are tried again until it works");
        }
        is_well = settled.is_ok();
    }
}

fn watcher(files: &AuthFiles, touched: Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // To read a file is no change; an error may hide one.
        if event.is_ok_and(|event| event.kind.is_access()) {
            return;
        }
        touched.notify_one();
    })?;
    watcher.watch(files.path(), RecursiveMode::NonRecursive)?;
    Ok(watcher)
}
