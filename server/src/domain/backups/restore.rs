//! Restores a backup into a staging database, which replaces the database when it is complete.
//!
//! A running server cannot replace its database: it stages the restore, and the next start carries it out first.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{files, load::load, reader};
use crate::{
    db::{StagingDatabase, StorageConfig},
    domain::server_secrets,
};

const STAGED: &str = "restore.json";
const JOURNAL: &str = "journal";

/// The result of a restore.
#[derive(Clone, Debug)]
pub struct Restored {
    pub rows: u64,
    pub created_at: DateTime<Utc>,
    /// Where the former database is.
    pub kept: Option<String>,
}

/// A backup that the next start restores, or why the last one could not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Staged {
    pub name: String,
    pub failure: Option<String>,
}

/// Replaces the database by a backup, atomically. No server may run on it.
pub async fn restore(
    path: &Path,
    passphrase: SecretString,
    storage: &StorageConfig,
    now: DateTime<Utc>,
) -> anyhow::Result<Restored> {
    let backup = reader::open(path, passphrase).await?;
    let label = backup.header.label.clone();
    let sealed = BASE64_STANDARD.decode(&backup.header.key_check);
    server_secrets::check_key(storage, &sealed.context("the backup's header is invalid")?)?;
    let url = storage.database_url.expose_secret();
    let staging = StagingDatabase::replacing(url, &storage.data_dir, &label.steps).await?;
    let rows = match load(backup, &staging).await {
        Ok(rows) => rows,
        Err(error) => {
            staging.abandon().await?;
            return Err(error);
        }
    };
    let kept = format!("before-restore-{}", now.format("%Y%m%dT%H%M%SZ"));
    // Its entries belong to the former database.
    put_aside(&storage.data_dir.join(JOURNAL), &kept)?;
    let kept = staging.swap_in(url, &kept).await?;
    Ok(Restored {
        rows,
        created_at: label.created_at,
        kept,
    })
}

fn put_aside(journal: &Path, kept: &str) -> anyhow::Result<()> {
    if !journal.exists() {
        return Ok(());
    }
    let aside = journal.with_file_name(format!("{JOURNAL}.{kept}"));
    fs::rename(journal, aside).context("cannot put the journal aside")
}

/// The staged restore, or the one that failed at the last start.
pub(super) fn staged(data_dir: &Path) -> anyhow::Result<Option<Staged>> {
    match fs::read_to_string(note(data_dir)) {
        Ok(text) => Ok(serde_json::from_str(&text)
            .map(Some)
            .context("the note about a restore is damaged; delete restore.json")?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("cannot read the note about a restore"),
    }
}

/// Stages a restore for the next start; `None` cancels it.
pub(super) fn stage(data_dir: &Path, wanted: Option<&Staged>) -> anyhow::Result<()> {
    let note = note(data_dir);
    let fail = "cannot write the note about a restore";
    let Some(wanted) = wanted else {
        return match fs::remove_file(note) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).context(fail),
            Ok(()) | Err(_) => Ok(()),
        };
    };
    let partial = note.with_extension("partial");
    fs::write(&partial, serde_json::to_vec(wanted)?).context(fail)?;
    fs::rename(partial, note).context(fail)
}

/// Carries out a staged restore, before the database is opened. A failure leaves the database as it is, and the reason
/// in the staged restore, where administrators see it.
pub async fn apply_staged(
    storage: &StorageConfig,
    phrase: Option<&SecretString>,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let Some(staged) = staged(&storage.data_dir)?.filter(|staged| staged.failure.is_none()) else {
        return Ok(());
    };
    let directory = files::BackupDirectory(storage.data_dir.join(super::DIRECTORY));
    let path = directory.find(&staged.name);
    let path = path.ok_or_else(|| anyhow!("there is no backup {}", staged.name));
    let phrase = phrase.ok_or_else(|| anyhow!("BACKUP_PASSPHRASE is not set"));
    let restored = match (path, phrase) {
        (Ok(path), Ok(phrase)) => Box::pin(restore(&path, phrase.clone(), storage, now)).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    match restored {
        Ok(restored) => {
            tracing::warn!(
                backup = staged.name,
                rows = restored.rows,
                former = restored.kept,
                "the database was restored from a backup"
            );
            stage(&storage.data_dir, None)
        }
        Err(error) => {
            tracing::error!(
                backup = staged.name,
                error = format!("{error:#}"),
                "cannot restore the backup; the database is as it was"
            );
            let failed = Staged {
                failure: Some(format!("{error:#}")),
                ..staged
            };
            stage(&storage.data_dir, Some(&failed))
        }
    }
}

fn note(data_dir: &Path) -> PathBuf {
    data_dir.join(STAGED)
}
