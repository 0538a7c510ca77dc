//! The directory of backups. A file gets the name of a backup after a trial restore.

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use chrono::{DateTime, NaiveDateTime, Utc};

use super::{description, line::BackupLabel};

const PREFIX: &str = "proxypal-";
const ENDING: &str = ".backup.age";
/// To the millisecond, without characters that file systems forbid.
const TIME: &str = "%Y%m%dT%H%M%S%3fZ";
const PARTIAL: &str = ".partial";
const LOCK: &str = ".lock";

/// A backup in the directory.
#[derive(Clone, Debug)]
pub struct BackupFile {
    pub name: String,
    /// From its name.
    pub created_at: DateTime<Utc>,
    /// In bytes.
    pub size: u64,
    /// From the description beside it, `None` without one; or why the backup cannot be restored.
    pub label: Result<Option<BackupLabel>, String>,
}

#[derive(Clone, Debug)]
pub(super) struct BackupDirectory(pub(super) PathBuf);

/// The permission to create a backup, held by one process at a time.
#[derive(Debug)]
pub(super) struct BackupTurn {
    _lock: File,
}

/// A backup that is not verified yet. It is deleted when this value is dropped.
#[derive(Debug)]
pub(super) struct PartialBackup {
    pub(super) path: PathBuf,
    description: PathBuf,
}

impl Drop for PartialBackup {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(&self.description);
    }
}

impl BackupDirectory {
    /// Fails if another backup is being created. Deletes the files of one that was killed.
    pub(super) fn turn(&self) -> anyhow::Result<BackupTurn> {
        let fail = || format!("cannot use the directory {}", self.0.display());
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)
            .with_context(fail)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.0.join(LOCK))
            .with_context(fail)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("another backup is being created; try again when it is complete")
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(fail),
        }
        for entry in fs::read_dir(&self.0).with_context(fail)? {
            let path = entry.with_context(fail)?.path();
            if path.extension().is_some_and(|ending| ending == "partial") {
                fs::remove_file(&path).with_context(fail)?;
            }
        }
        Ok(BackupTurn { _lock: lock })
    }

    pub(super) fn partial(&self, name: &str) -> anyhow::Result<(PartialBackup, File)> {
        let path = self.0.join(format!(".{name}{PARTIAL}"));
        let file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot create {}", path.display()))?;
        let description = self.0.join(format!(".{name}.json{PARTIAL}"));
        Ok((PartialBackup { path, description }, file))
    }

    /// Describes a verified backup and renames it to the name of a backup.
    pub(super) fn keep(
        &self,
        partial: &PartialBackup,
        name: &str,
        label: &BackupLabel,
    ) -> anyhow::Result<PathBuf> {
        let path = self.0.join(name);
        let fail = || format!("cannot write {}", path.display());
        description::write(&partial.path, label, &partial.description).with_context(fail)?;
        fs::rename(&partial.path, &path).with_context(fail)?;
        fs::rename(&partial.description, description::path_of(&path)).with_context(fail)?;
        let directory = File::open(&self.0).with_context(fail)?;
        directory.sync_all().with_context(fail)?;
        Ok(path)
    }

    /// Every backup, the latest first.
    pub(super) fn list(&self) -> anyhow::Result<Vec<BackupFile>> {
        let names = self.names()?.into_iter();
        names
            .map(|(name, created_at)| look(&self.0.join(&name), name, created_at))
            .collect()
    }

    /// The names of all backups and when they were created, the latest first, without reading the files.
    pub(super) fn names(&self) -> anyhow::Result<Vec<(String, DateTime<Utc>)>> {
        let fail = || format!("cannot read the directory {}", self.0.display());
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.with_context(fail)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.with_context(fail)?.file_name();
            let name = name.to_string_lossy().into_owned();
            names.extend(time_of(&name).map(|time| (name, time)));
        }
        names.sort_by(|(_, one), (_, other)| other.cmp(one));
        Ok(names)
    }

    /// A backup that is there.
    pub(super) fn find(&self, name: &str) -> Option<PathBuf> {
        let path = self.0.join(name);
        (time_of(name).is_some() && path.is_file()).then_some(path)
    }
}

/// The name of a backup.
pub(super) fn name(now: DateTime<Utc>) -> String {
    format!("{PREFIX}{}{ENDING}", now.format(TIME))
}

/// When a backup was created; `None` for other names, among them every path to another directory.
fn time_of(name: &str) -> Option<DateTime<Utc>> {
    let stem = name.strip_prefix(PREFIX)?.strip_suffix(ENDING)?;
    let time = NaiveDateTime::parse_from_str(stem, TIME).ok()?;
    Some(time.and_utc())
}

fn look(path: &Path, name: String, created_at: DateTime<Utc>) -> anyhow::Result<BackupFile> {
    let size = fs::metadata(path)?.len();
    Ok(BackupFile {
        name,
        created_at,
        size,
        label: description::read(path).map_err(|error| format!("{error:#}")),
    })
}

/// Deletes a backup. Its description goes first: a backup without one is valid.
pub(super) fn remove(path: &Path) -> std::io::Result<()> {
    description::remove(path)?;
    fs::remove_file(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leads_to_another_file() {
        let time = "2026-06-01T12:34:56.789Z".parse().unwrap();
        assert_eq!(time_of(&name(time)), Some(time));
        for foreign in [
            "",
            "proxypal-.backup.age",
            "proxypal-../x.backup.age",
            "/etc/passwd",
            "proxypal-1/../../x.backup.age",
            ".proxypal-20260601T123456789Z.backup.age.partial",
            "proxypal-20260601T123456789Z.backup.json",
            "proxypal-20260601T123456789Z.backup",
        ] {
            assert_eq!(time_of(foreign), None, "{foreign}");
        }
    }
}
