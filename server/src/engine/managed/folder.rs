//! The private directories of the engine.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use nix::unistd::geteuid;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// How many processes of the engine may exist beside each other: one that serves, one that starts, and earlier ones that
/// finish their requests.
pub(super) const SLOTS: usize = 4;
/// The directory of the directories of engines of single accounts.
const ACCOUNTS: &str = "accounts";
/// As text, in bytes.
const UUID_LENGTH: usize = 36;

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

/// Where the directories of an engine are.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunPlace<'a> {
    pub(super) data_dir: &'a Path,
    /// The configured directory of auth files.
    pub(super) auth_dir: Option<&'a Path>,
    /// The account whose process it is; `None` for the shared engine.
    pub(super) account: Option<Uuid>,
}

impl RunPlace<'_> {
    /// Of a slot: processes of an engine beside each other have different ones.
    fn run_directory(self, slot: usize) -> io::Result<PathBuf> {
        let engine = std::path::absolute(self.data_dir)?.join("engine");
        let run = match self.account {
            Some(account) => engine.join(ACCOUNTS).join(account.to_string()),
            None => engine.join("run"),
        };
        Ok(numbered(&run, slot))
    }

    fn configured_auths(self, slot: usize) -> Option<io::Result<PathBuf>> {
        let path = std::path::absolute(self.auth_dir?);
        Some(path.map(|mut path| {
            if let Some(account) = self.account {
                path.as_mut_os_string().push(format!("-{account}"));
            }
            numbered(&path, slot)
        }))
    }

    /// The accounts that have had a process of their own and left directories.
    pub(super) fn accounts(self) -> Vec<Uuid> {
        let directory = self.data_dir.join("engine").join(ACCOUNTS);
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        let mut accounts: Vec<_> = entries
            .filter_map(|entry| {
                let name = entry.file_name();
                name.to_str()?.get(..UUID_LENGTH)?.parse().ok()
            })
            .collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }
}

impl Folder {
    /// Creates the directories of a slot and empties `work`.
    pub(super) fn prepare(place: RunPlace<'_>, slot: usize) -> io::Result<Self> {
        let run = place.run_directory(slot)?;
        let auths = match place.configured_auths(slot) {
            Some(path) => path?,
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
    pub(super) fn exists(place: RunPlace<'_>, slot: usize) -> bool {
        place.run_directory(slot).is_ok_and(|run| run.exists())
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
    let place = RunPlace {
        data_dir,
        auth_dir,
        account: None,
    };
    let configured_at = |slot: usize| {
        let config = place.run_directory(slot).ok()?.join("config.yaml");
        fs::metadata(config).ok()?.modified().ok()
    };
    // Of equal times the first slot counts, which is the usual one.
    let slot = (0..SLOTS).rev().max_by_key(|slot| configured_at(*slot));
    let slot = slot.unwrap_or_default();
    let run = place.run_directory(slot)?;
    let auths = match place.configured_auths(slot) {
        Some(path) => path?,
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
