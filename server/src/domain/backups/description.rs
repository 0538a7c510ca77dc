//! The description beside a backup, which is not encrypted: the label and the checksum, so that backups are listed and
//! damage is found without the passphrase. A restore does not read it.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::line::{BackupLabel, FORMAT};
use crate::{crypto::checksum::sha256_of, db::steps_known};

/// A description has some kilobytes.
const MAX_SIZE: u64 = 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
struct BackupDescription {
    #[serde(flatten)]
    label: BackupLabel,
    /// Of the encrypted file, hexadecimal.
    sha256: String,
}

/// Writes the description of this backup to a new file.
pub(super) fn write(backup: &Path, label: &BackupLabel, to: &Path) -> anyhow::Result<()> {
    let description = BackupDescription {
        label: label.clone(),
        sha256: sha256_of(backup)?,
    };
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)?;
    file.write_all(&serde_json::to_vec_pretty(&description)?)?;
    file.sync_all()?;
    Ok(())
}

/// The label of this backup, after comparing its checksum; `None` if it has no description, as a copied backup.
pub(super) fn read(backup: &Path) -> anyhow::Result<Option<BackupLabel>> {
    let path = path_of(backup);
    let name = path.file_name().unwrap_or_default().display();
    let file = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.with_context(|| format!("cannot read {name}"))?,
    };
    let description: BackupDescription = serde_json::from_reader(file.take(MAX_SIZE))
        .with_context(|| {
            format!("the description {name} is damaged; delete it and run `backup verify`")
        })?;
    check_version(&description.label)?;
    if sha256_of(backup).context("cannot read the backup")? != description.sha256 {
        bail!("the backup is damaged or incomplete: its checksum does not match; use another copy");
    }
    Ok(Some(description.label))
}

/// Refuses a backup of a newer server.
pub(super) fn check_version(label: &BackupLabel) -> anyhow::Result<()> {
    let known = steps_known();
    let unknown = label.steps.iter().find(|step| !known.contains(step));
    if label.format > FORMAT || unknown.is_some() {
        bail!(
            "the backup was created by a newer version of this server ({}); restore it with that version",
            label.version
        );
    }
    Ok(())
}

pub(super) fn remove(backup: &Path) -> std::io::Result<()> {
    match fs::remove_file(path_of(backup)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// `….json` for `….age`.
pub(super) fn path_of(backup: &Path) -> PathBuf {
    backup.with_extension("json")
}
