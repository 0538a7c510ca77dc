//! A staging database in an SQLite file.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use sea_orm::DatabaseConnection;

use crate::db::sqlite;

/// The suffixes of SQLite's files beside a database.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Removes its file on drop, unless it was swapped in.
#[derive(Debug)]
pub(super) struct DraftFile(PathBuf);

impl DraftFile {
    /// Removes the file of an earlier attempt.
    pub(super) fn create(path: PathBuf) -> anyhow::Result<Self> {
        let staging = Self(path);
        staging.remove()?;
        Ok(staging)
    }

    pub(super) async fn connect(&self) -> anyhow::Result<DatabaseConnection> {
        sqlite::connect_alone(&self.0).await
    }

    /// Renames itself over the database, which is kept beside it under another name. At every moment one complete
    /// database has the name.
    pub(super) async fn swap_in(self, url: &str, kept: &str) -> anyhow::Result<Option<String>> {
        let wanted = sqlite::file_of(url)?;
        let former = beside(&wanted, &format!(".{kept}"));
        let fail = || format!("cannot move the restored database to {}", wanted.display());
        let was_there = wanted.exists();
        if was_there {
            settle(&wanted).await;
            fs::hard_link(&wanted, &former)
                .or_else(|_| fs::copy(&wanted, &former).map(drop))
                .with_context(|| {
                    format!("cannot keep the former database as {}", former.display())
                })?;
        }
        // They belong to the former database; SQLite would apply them to the new one.
        for companion in COMPANIONS {
            let theirs = beside(&wanted, companion);
            if theirs.exists() {
                fs::rename(&theirs, beside(&former, companion)).with_context(fail)?;
            }
        }
        File::open(&self.0)
            .and_then(|file| file.sync_all())
            .with_context(fail)?;
        fs::rename(&self.0, &wanted).with_context(fail)?;
        if let Some(directory) = wanted.parent() {
            File::open(directory)
                .and_then(|directory| directory.sync_all())
                .with_context(fail)?;
        }
        Ok(was_there.then(|| former.display().to_string()))
    }

    fn remove(&self) -> anyhow::Result<()> {
        let companions = COMPANIONS.map(|companion| beside(&self.0, companion));
        for path in companions.iter().chain([&self.0]) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot delete {}", path.display()));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

impl Drop for DraftFile {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            tracing::warn!(%error, "a staging database could not be removed");
        }
    }
}

/// Checkpoints the write-ahead log, so that the file is complete. A damaged database, a common reason for a restore,
/// stays unchanged: its log is kept with it.
async fn settle(database: &Path) {
    let Ok(connection) = sqlite::connect_alone(database).await else {
        return;
    };
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "the former database cannot be checkpointed");
    }
}

pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}
