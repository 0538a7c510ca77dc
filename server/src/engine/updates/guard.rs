//! One update at a time, of the server and of commands.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::error::UpdateError;
use crate::engine::versions::folder;

const FILE: &str = "updates.lock";

/// Held during an update. The system releases it when the process ends.
#[derive(Debug)]
pub(super) struct UpdateGuard(#[expect(dead_code, reason = "dropped at the end")] File);

impl UpdateGuard {
    pub(super) fn acquire(data_dir: &Path) -> Result<Self, UpdateError> {
        let folder = folder(data_dir);
        let disk = |error| UpdateError::disk(&folder, error);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(disk)?;
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(folder.join(FILE))
            .map_err(disk)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(UpdateError::Busy),
            Err(TryLockError::Error(error)) => Err(disk(error)),
        }
    }
}
