//! The private directories of the engine.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use nix::unistd::geteuid;
use sha2::{Digest as _, Sha256};

/// The engine's directories; readable by this process's user only.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) config: PathBuf,
    /// The files of signed-in accounts. The engine derives account ids from the path, so it is absolute and constant.
    pub(super) auths: PathBuf,
    /// Its home directory and writable path.
    pub(super) home: PathBuf,
    /// Its working directory: empty, because the engine would read an `.env` file there.
    pub(super) work: PathBuf,
}

impl Folder {
    /// Creates the directories below the data directory and empties `work`.
    pub(super) fn prepare(data_dir: &Path, auth_dir: Option<&Path>) -> io::Result<Self> {
        let run = std::path::absolute(data_dir)?.join("engine").join("run");
        let auths = match auth_dir {
            Some(path) => std::path::absolute(path)?,
            None => in_memory(&run).unwrap_or_else(|| run.join("auths")),
        };
        Self::create(&run, auths)
    }

    /// Creates the directories of a trial.
    pub(super) fn trial(directory: &Path) -> io::Result<Self> {
        let run = std::path::absolute(directory)?;
        let auths = run.join("auths");
        Self::create(&run, auths)
    }

    fn create(run: &Path, auths: PathBuf) -> io::Result<Self> {
        let folder = Self {
            config: run.join("config.yaml"),
            auths,
            home: run.join("home"),
            work: run.join("work"),
        };
        if folder.work.exists() {
            fs::remove_dir_all(&folder.work)?;
        }
        for path in [run, &folder.auths, &folder.home, &folder.work] {
            DirBuilder::new().recursive(true).mode(0o700).create(path)?;
            fs::set_permissions(path, Permissions::from_mode(0o700))?;
        }
        Ok(folder)
    }
}

/// A directory in memory for the auth files: no token reaches a disk, a snapshot or a backup in clear text. The
/// files survive a kill of this process; after a reboot they are restored from the database.
fn in_memory(run: &Path) -> Option<PathBuf> {
    let path = memory_path(run)?;
    is_ours(&path).ok()?.then_some(path)
}

fn memory_path(run: &Path) -> Option<PathBuf> {
    let memory = Path::new("/dev/shm");
    if statfs(memory).ok()?.filesystem_type() != TMPFS_MAGIC {
        return None;
    }
    let name = hex::encode(&Sha256::digest(run.as_os_str().as_bytes())[..8]);
    Some(memory.join(format!("proxypal-{name}")))
}

/// The paths of the engine's configuration and auth files. Creates nothing.
pub(in crate::engine) fn places(
    data_dir: &Path,
    auth_dir: Option<&Path>,
) -> io::Result<(PathBuf, PathBuf)> {
    let run = std::path::absolute(data_dir)?.join("engine").join("run");
    let auths = match auth_dir {
        Some(path) => std::path::absolute(path)?,
        None => memory_path(&run).unwrap_or_else(|| run.join("auths")),
    };
    Ok((run.join("config.yaml"), auths))
}

/// Any user can create a directory in `/dev/shm`; only one owned by this user is used.
fn is_ours(path: &Path) -> io::Result<bool> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let directory = fs::symlink_metadata(path)?;
    Ok(directory.is_dir() && directory.uid() == geteuid().as_raw())
}
