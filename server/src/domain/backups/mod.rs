//! Backups: a snapshot of the whole database, encrypted with a passphrase, in one format for both databases.
//!
//! A backup is kept after a trial restore into a scratch database. Sealed columns stay sealed in it: it takes the
//! passphrase to read a backup and the encryption key to use it.

mod cell;
mod description;
mod dump;
mod files;
mod line;
mod load;
mod reader;
mod restore;
mod schedule;
mod tables;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use arc_swap::ArcSwapOption;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, stream};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tokio::task::spawn_blocking;

use self::files::BackupDirectory;
pub use self::{
    files::BackupFile,
    line::BackupLabel,
    restore::{Restored, Staged, apply_staged, restore},
    tables::{names as tables, row_counts},
};
use super::{
    Error, Result,
    audit::{self, AuditChange, AuditContext, AuditSubject},
    downloads::Content,
};
use crate::{
    clock::SharedClock,
    db::{Database, StagingDatabase},
};

/// Where backups are, in the data directory.
pub const DIRECTORY: &str = "backups";
const MIN_PASSPHRASE: usize = 12;
const MAX_NAME: usize = 64;
const PIECE: usize = 64 * 1024;

/// All backups.
#[derive(Clone, Debug)]
pub struct Backups {
    db: Database,
    clock: SharedClock,
    data_dir: PathBuf,
    phrase: Option<SecretString>,
    schedule: Arc<ArcSwapOption<ScheduledBackup>>,
}

/// The result of the last look at the schedule.
#[derive(Clone, Debug)]
pub struct ScheduledBackup {
    /// Why the backup that was due failed; `None` if none was due or it succeeded.
    pub failure: Option<String>,
}

/// A created and verified backup.
#[derive(Clone, Debug)]
pub struct Made {
    pub name: String,
    pub path: PathBuf,
    pub rows: u64,
}

impl Backups {
    /// The service over this database. Without a passphrase backups can only be listed.
    pub fn new(
        db: Database,
        clock: SharedClock,
        data_dir: PathBuf,
        phrase: Option<SecretString>,
    ) -> Self {
        Self {
            db,
            clock,
            data_dir,
            phrase,
            schedule: Arc::default(),
        }
    }

    /// The result of the last look at the schedule; `None` before the first since the start of the server.
    pub fn last_scheduled(&self) -> Option<Arc<ScheduledBackup>> {
        self.schedule.load_full()
    }

    /// Whether backups can be made and read.
    pub fn is_ready(&self) -> bool {
        self.phrase.is_some()
    }

    /// Makes a backup as [`make`](Self::make) does, and records it in the audit.
    pub async fn create(&self, context: &AuditContext) -> Result<Made> {
        let made = self.make().await?;
        let created = AuditChange::created(subject(&made.name), json!({ "rows": made.rows }));
        audit::note(&self.db, &self.clock, context, created).await?;
        Ok(made)
    }

    /// Makes a backup and restores it into a scratch database. A failure leaves no file behind.
    /// Only reads the database, so it may run beside the server, and records no event.
    pub async fn make(&self) -> Result<Made> {
        let phrase = self.phrase()?;
        let now = self.clock.now();
        let name = files::name(now);
        let directory = self.directory();
        let turn = directory
            .turn()
            .map_err(|error| Error::Conflict(format!("{error:#}")))?;
        let (partial, file) = directory.partial(&name)?;
        dump::dump(&self.db, now, (file, phrase.clone())).await?;
        let verified = verify(&partial.path, phrase, &directory.0).await;
        let Verified { label, rows } =
            verified.context("the backup cannot be restored, so it was deleted")?;
        let keeping = spawn_blocking(move || {
            let path = directory.keep(&partial, &name, &label)?;
            drop(turn);
            anyhow::Ok(Made { name, path, rows })
        });
        Ok(keeping.await.context("cannot keep the backup")??)
    }

    /// Every backup, the latest first. The checksum of each is compared.
    pub async fn list(&self) -> Result<Vec<BackupFile>> {
        let directory = self.directory();
        let listing = spawn_blocking(move || directory.list());
        Ok(listing.await.context("cannot list the backups")??)
    }

    /// When the backups were made that are there, the latest first, without a look inside: what has the name
    /// of a backup was restored once.
    pub fn times(&self) -> anyhow::Result<Vec<DateTime<Utc>>> {
        let names = self.directory().names()?.into_iter();
        Ok(names.map(|(_, made_at)| made_at).collect())
    }

    /// Restores a backup into a scratch database and throws that away. Returns the number of rows.
    pub async fn verify(&self, name: &str) -> Result<u64> {
        let path = self.find(name)?;
        let phrase = self.phrase()?;
        let directory = self.directory();
        let _turn = directory
            .turn()
            .map_err(|error| Error::Conflict(format!("{error:#}")))?;
        let verified = verify(&path, phrase, &directory.0).await;
        let verified = verified.map(|verified| verified.rows);
        verified.map_err(|error| Error::Conflict(format!("{error:#}")))
    }

    /// Schedules the restore of this backup for the next start, after verifying it.
    pub async fn stage_restore(&self, context: &AuditContext, name: &str) -> Result<Staged> {
        context.about(subject(name));
        self.verify(name).await?;
        let staged = Staged {
            name: name.to_owned(),
            failure: None,
        };
        restore::stage(&self.data_dir, Some(&staged))?;
        let done = AuditChange::done(None).about(Some(subject(name)));
        audit::note(&self.db, &self.clock, context, done).await?;
        Ok(staged)
    }

    /// Withdraws a staged restore, if there is one.
    pub async fn cancel_restore(&self, context: &AuditContext) -> Result<()> {
        let staged = self.staged_restore()?;
        restore::stage(&self.data_dir, None)?;
        let staged = staged.map(|staged| subject(&staged.name));
        let done = AuditChange::done(None).about(staged);
        audit::note(&self.db, &self.clock, context, done).await
    }

    /// The backup that the next start restores, or why the last restore failed.
    pub fn staged_restore(&self) -> Result<Option<Staged>> {
        Ok(restore::staged(&self.data_dir)?)
    }

    /// Deletes a backup.
    pub async fn delete(&self, context: &AuditContext, name: &str) -> Result<()> {
        context.about(subject(name));
        let path = self.find(name)?;
        let size = path.metadata().context("cannot read the backup")?.len();
        files::remove(&path).context("cannot delete the backup")?;
        let removed = AuditChange::removed(subject(name), json!({ "size": size }));
        audit::note(&self.db, &self.clock, context, removed).await
    }

    /// The encrypted bytes of a backup.
    pub async fn read(&self, context: &AuditContext, name: &str) -> Result<Content> {
        context.about(subject(name));
        let file = std::fs::File::open(self.find(name)?).context("cannot read the backup")?;
        let length = file.metadata().context("cannot read the backup")?.len();
        let done = AuditChange::done(Some(json!({ "size": length })));
        let done = done.about(Some(subject(name)));
        audit::note(&self.db, &self.clock, context, done).await?;
        let file = tokio::fs::File::from_std(file);
        let bytes = stream::try_unfold(file, |mut file| async move {
            use tokio::io::AsyncReadExt as _;

            let mut piece = bytes::BytesMut::with_capacity(PIECE);
            let read = file.read_buf(&mut piece).await;
            let read = read.context("cannot read the backup")?;
            Ok((read > 0).then(|| (piece.freeze(), file)))
        });
        Ok(Content {
            length: Some(length),
            bytes: bytes.boxed(),
        })
    }

    fn find(&self, name: &str) -> Result<PathBuf> {
        let found = self.directory().find(name);
        found.ok_or(Error::NotFound { what: "backup" })
    }

    fn directory(&self) -> BackupDirectory {
        BackupDirectory(self.data_dir.join(DIRECTORY))
    }

    fn phrase(&self) -> Result<SecretString> {
        let phrase = self.phrase.clone().ok_or_else(|| {
            Error::bad_input("set BACKUP_PASSPHRASE in the server's environment to make backups")
        })?;
        check_phrase(&phrase)?;
        Ok(phrase)
    }
}

/// A backup is known by the name of its file, to callers and in the audit. Names of other files are not
/// recorded whole.
fn subject(name: &str) -> AuditSubject {
    let name: String = name.chars().take(MAX_NAME).collect();
    AuditSubject::new("backup", &name).named(&name)
}

/// The backups of a directory, the latest first.
pub fn list(directory: &Path) -> anyhow::Result<Vec<BackupFile>> {
    BackupDirectory(directory.to_owned()).list()
}

/// Refuses a passphrase that is too short for a new backup.
pub fn check_phrase(phrase: &SecretString) -> Result<()> {
    if phrase.expose_secret().chars().count() < MIN_PASSPHRASE {
        return Err(Error::BadInput(format!(
            "the passphrase of backups must have at least {MIN_PASSPHRASE} characters"
        )));
    }
    Ok(())
}

/// A backup that was restored into a scratch database.
#[derive(Clone, Debug)]
pub struct Verified {
    pub label: BackupLabel,
    pub rows: u64,
}

/// Restores a backup into a scratch database in this directory, and deletes that.
pub async fn verify(
    path: &Path,
    passphrase: SecretString,
    directory: &Path,
) -> anyhow::Result<Verified> {
    let backup = reader::open(path, passphrase).await?;
    let label = backup.header.label.clone();
    let staging = StagingDatabase::scratch(directory, &label.steps).await?;
    let rows = load::load(backup, &staging).await;
    staging.abandon().await?;
    rows.map(|rows| Verified { label, rows })
}
