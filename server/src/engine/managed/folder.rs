//! The private directories of the engine.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use nix::unistd::geteuid;
use sha2::{Digest as _, Sha256};

/// How many processes of the engine may exist beside each other: one that serves, one that starts, and earlier ones that
/// finish their requests.
pub(super) const SLOTS: usize = 4;

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
    /// Creates the directories of a slot below the data directory and empties `work`. Processes beside each other have
    /// different slots.
    pub(super) fn prepare(
        data_dir: &Path,
        auth_dir: Option<&Path>,
        slot: usize,
    ) -> io::Result<Self> {
        let run = run_directory(data_dir, slot)?;
        let auths = match auth_dir {
            Some(path) => numbered(&std::path::absolute(path)?, slot),
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

    /// Whether a slot was used.
    pub(super) fn exists(data_dir: &Path, slot: usize) -> bool {
        run_directory(data_dir, slot).is_ok_and(|run| run.exists())
    }

    /// Removes the directories; they have no tokens any more. What cannot be removed is used again.
    pub(super) fn remove(&self) {
        let run = self.config.parent().unwrap_or(&self.config);
        for directory in [&*self.auths, run] {
            if let Err(error) = fs::remove_dir_all(directory)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::debug!(%error, "a directory of the engine could not be removed");
            }
        }
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

fn run_directory(data_dir: &Path, slot: usize) -> io::Result<PathBuf> {
    let run = std::path::absolute(data_dir)?.join("engine").join("run");
    Ok(numbered(&run, slot))
}

/// The path itself for the first slot, and paths beside it for the others.
fn numbered(path: &Path, slot: usize) -> PathBuf {
    let mut numbered = path.as_os_str().to_owned();
    if slot > 0 {
        numbered.push(format!("-{slot}"));
    }
    numbered.into()
}

/// The paths of the engine's configuration and auth files, those of the slot that was configured last. Creates nothing.
pub(in crate::engine) fn places(
    data_dir: &Path,
    auth_dir: Option<&Path>,
) -> io::Result<(PathBuf, PathBuf)> {
    let configured_at = |slot: usize| {
        let config = run_directory(data_dir, slot).ok()?.join("config.yaml");
        fs::metadata(config).ok()?.modified().ok()
    };
    // Of equal times the first slot counts, which is the usual one.
    let slot = (0..SLOTS).rev().max_by_key(|slot| configured_at(*slot));
    let slot = slot.unwrap_or_default();
    let run = run_directory(data_dir, slot)?;
    let auths = match auth_dir {
        Some(path) => numbered(&std::path::absolute(path)?, slot),
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
