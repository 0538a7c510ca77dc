//! The private folders that the engine lives in.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Where everything of the engine's lies; readable by us alone.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    /// The configuration.
    pub(super) config: PathBuf,
    /// The files of signed-in accounts. Its path goes into the engine's names for them, so it is
    /// absolute and never changes.
    pub(super) auths: PathBuf,
    /// Its home, and where it writes if it must.
    pub(super) home: PathBuf,
    /// The directory it starts in: empty, because it would read an `.env` there.
    pub(super) work: PathBuf,
}

impl Folder {
    /// Makes the folders below the data directory; what an earlier life left in `work` goes.
    pub(super) fn prepare(data_dir: &Path) -> io::Result<Self> {
        let run = std::path::absolute(data_dir)?.join("engine").join("run");
        let folder = Self {
            config: run.join("config.yaml"),
            auths: run.join("auths"),
            home: run.join("home"),
            work: run.join("work"),
        };
        if folder.work.exists() {
            fs::remove_dir_all(&folder.work)?;
        }
        for path in [&run, &folder.auths, &folder.home, &folder.work] {
            DirBuilder::new().recursive(true).mode(0o700).create(path)?;
            fs::set_permissions(path, Permissions::from_mode(0o700))?;
        }
        Ok(folder)
    }
}
