//! Reloads the configuration as the engine does: it watches the inode, so it does not notice a file that replaces it.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, Live};
use crate::say;

const INTERVAL: Duration = Duration::from_millis(10);
const SETTLING: Duration = Duration::from_millis(150);

/// Follows the file until the process ends; after a rename it notices no change. It watches from the call on, before it
/// is polled.
pub(crate) fn follow(live: &Live) -> impl Future<Output = ()> {
    follow_inode(live, inode(&live.path))
}

async fn follow_inode(live: &Live, watched: Option<u64>) {
    let mut seen = live.config.load().text.clone();
    while inode(&live.path) == watched {
        tokio::time::sleep(INTERVAL).await;
        if read(&live.path) == seen {
            continue;
        }
        tokio::time::sleep(SETTLING).await;
        if inode(&live.path) == watched {
            seen = read(&live.path);
            reload(live, &seen);
        }
    }
    std::future::pending::<()>().await;
}

fn reload(live: &Live, text: &str) {
    if text.is_empty() || text == live.config.load().text {
        return;
    }
    match Config::parse(text.to_owned()) {
        Ok(config) => {
            live.config.store(Arc::new(config));
            say::info(
                "config_reload.go:1",
                "config successfully reloaded, triggering client reload",
            );
        }
        Err(reason) => say::error(
            "config_reload.go:2",
            &format!("failed to reload config: {reason}"),
        ),
    }
}

fn inode(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|file| file.ino())
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
