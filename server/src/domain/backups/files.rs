//! The directory of backups. A file with the name of a backup was verified when it was made.

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use chrono::{DateTime, NaiveDateTime, Utc};

use super::line::{BackupLabel, FORMAT};
use crate::{
    crypto::chest::{self, ChestError},
    db::steps_known,
};

const PREFIX: &str = "proxypal-";
const ENDING: &str = ".backup";
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
    /// Its label, or why it is invalid.
    pub label: Result<BackupLabel, String>,
}

/// A directory of backups.
#[derive(Clone, Debug)]
pub(super) struct BackupDirectory(pub(super) PathBuf);

/// The lock under which a backup is made, in this process or another.
#[derive(Debug)]
pub(super) struct BackupTurn {
    _lock: File,
}

/// A backup that is not complete yet. The file is deleted with this value.
#[derive(Debug)]
pub(super) struct PartialBackup {
    pub(super) path: PathBuf,
}

impl Drop for PartialBackup {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl BackupDirectory {
    /// Takes the lock, or fails if another backup is being made. Deletes what a killed process left.
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
            Err(TryLockError::WouldBlock) => bail!("another backup is being made; wait for it"),
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
        Ok((PartialBackup { path }, file))
    }

    /// Renames it to the name of a backup.
    pub(super) fn keep(&self, partial: &PartialBackup, name: &str) -> anyhow::Result<()> {
        let path = self.0.join(name);
        let fail = || format!("cannot write {}", path.display());
        fs::rename(&partial.path, &path).with_context(fail)?;
        let directory = File::open(&self.0).with_context(fail)?;
        directory.sync_all().with_context(fail)
    }

    /// All backups, newest first.
    pub(super) fn list(&self) -> anyhow::Result<Vec<BackupFile>> {
        let names = self.names()?.into_iter();
        names
            .map(|(name, created_at)| look(&self.0.join(&name), name, created_at))
            .collect()
    }

    /// The names and times of all backups, newest first, without reading the files.
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

    /// The path of an existing backup.
    pub(super) fn find(&self, name: &str) -> Option<PathBuf> {
        let path = self.0.join(name);
        (time_of(name).is_some() && path.is_file()).then_some(path)
    }
}

/// The name of a backup.
pub(super) fn name(now: DateTime<Utc>) -> String {
    format!("{PREFIX}{}{ENDING}", now.format(TIME))
}

/// The time of a backup from its name; `None` for other names and for paths.
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
        label: label(path).map_err(|error| format!("{error:#}")),
    })
}

/// The label of a backup, after verifying its checksum. A backup of a newer server is refused.
pub fn label(path: &Path) -> anyhow::Result<BackupLabel> {
    let chest::ChestLabel(text) = chest::inspect(path)?;
    let format = serde_json::from_slice::<serde_json::Value>(&text)
        .ok()
        .and_then(|label| label["format"].as_u64());
    match format {
        Some(format) if format > u64::from(FORMAT) => return Err(ChestError::Newer.into()),
        Some(_) => {}
        None => return Err(ChestError::Foreign.into()),
    }
    let label: BackupLabel = serde_json::from_slice(&text).map_err(|_| ChestError::Foreign)?;
    let known = steps_known();
    if let Some(newer) = label.steps.iter().find(|step| !known.contains(step)) {
        bail!(
            "it was made by a newer version of this server ({}, with the step {newer}); restore it with that \
             version",
            label.version
        );
    }
    Ok(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_ours_and_leads_nowhere_else() {
        let time = "2026-06-01T12:34:56.789Z".parse().unwrap();
        assert_eq!(time_of(&name(time)), Some(time));
        for foreign in [
            "",
            "proxypal-.backup",
            "proxypal-../x.backup",
            "/etc/passwd",
            "proxypal-1/../../x.backup",
            ".proxypal-1.backup.partial",
        ] {
            assert_eq!(time_of(foreign), None, "{foreign}");
        }
    }
}
