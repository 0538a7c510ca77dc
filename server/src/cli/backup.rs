//! `backup`: everything in the database behind a pass-phrase, and back.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};

use super::{CliError, Done, terminal};
use crate::{
    clock::{Clock as _, SystemClock},
    config::{SecretsConfig, StorageArguments, StorageConfig},
    db::{Database, DatabaseInUseError},
    domain::{
        self,
        backups::{self, BackupLabel, Backups, DIRECTORY, check_phrase, label, verify},
    },
};

/// What the commands ask for.
pub(super) const PHRASE: &str = "\
The pass-phrase is BACKUP_PASSPHRASE of the environment, or is asked for (also from a pipe). Without it a backup
opens to nobody; without the ENCRYPTION_KEY of its server it restores to nothing.";

/// Makes a backup.
#[derive(Debug, Args)]
pub(super) struct CreateBackup {
    #[command(flatten)]
    storage: StorageArguments,
}

/// Lists backups.
#[derive(Debug, Args)]
pub(super) struct ListBackups {
    #[command(flatten)]
    storage: StorageArguments,
}

/// Restores a backup into a scratch database.
#[derive(Debug, Args)]
pub(super) struct VerifyBackup {
    /// A file, or the name of a backup in the data directory.
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,

    #[command(flatten)]
    storage: StorageArguments,
}

/// Restores a backup.
#[derive(Debug, Args)]
pub(super) struct RestoreBackup {
    /// A file, or the name of a backup in the data directory.
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,

    #[command(flatten)]
    storage: StorageArguments,
}

impl CreateBackup {
    pub(super) async fn run(self) -> Done {
        let (storage, secrets) = read(&self.storage)?;
        let phrase = new_phrase(secrets)?;
        let db = Database::look(storage.database_url.expose_secret()).await?;
        let clock = Arc::new(SystemClock);
        let backups = Backups::new(db.clone(), clock, storage.data_dir, Some(phrase));
        let made = Box::pin(backups.make()).await.map_err(explained)?;
        db.close().await?;
        let path = made.path.display();
        terminal::say(&format!(
            "{path}\n{} rows, restored once and found whole.",
            made.rows
        ));
        Ok(())
    }
}

impl ListBackups {
    pub(super) fn run(self) -> Done {
        let (storage, _) = read(&self.storage)?;
        let directory = storage.data_dir.join(DIRECTORY);
        for file in backups::list(&directory)? {
            let size = file.size;
            let says = match &file.label {
                Ok(label) => describe(label),
                Err(problem) => format!("OF NO USE: {problem}"),
            };
            terminal::say(&format!("{}  {size:>12} bytes  {says}", file.name));
        }
        Ok(())
    }
}

impl VerifyBackup {
    pub(super) async fn run(self) -> Done {
        let (storage, secrets) = read(&self.storage)?;
        let path = locate(&storage, &self.backup);
        let label = label(&path)?;
        let phrase = phrase(secrets)?;
        let scratch = directory_of(&path);
        let rows = Box::pin(verify(&path, phrase, &scratch)).await?;
        terminal::say(&format!(
            "{}: {rows} rows, restored into a scratch database and found whole.",
            describe(&label)
        ));
        Ok(())
    }
}

impl RestoreBackup {
    pub(super) async fn run(self) -> Done {
        let (storage, secrets) = read(&self.storage)?;
        let path = locate(&storage, &self.backup);
        label(&path)?;
        let phrase = phrase(secrets)?;
        let restoring = backups::restore(&path, phrase, &storage, SystemClock.now());
        let restored = Box::pin(restoring).await.map_err(in_use)?;
        terminal::say(&format!(
            "{} rows of {} are restored.",
            restored.rows,
            restored.created_at.format("%Y-%m-%d %H:%M:%S UTC")
        ));
        if let Some(kept) = restored.kept {
            terminal::say(&format!(
                "What was there before is kept as {kept}; delete it when it is not needed."
            ));
        }
        Ok(())
    }
}

fn read(arguments: &StorageArguments) -> Result<(StorageConfig, SecretsConfig), CliError> {
    let secrets = SecretsConfig::from_environment();
    let storage = StorageConfig::read(arguments, &secrets).map_err(CliError::Usage)?;
    Ok((storage, secrets))
}

/// A name without a directory may be one of ours.
fn locate(storage: &StorageConfig, backup: &Path) -> PathBuf {
    let ours = storage.data_dir.join(DIRECTORY).join(backup);
    if !backup.exists() && ours.exists() {
        return ours;
    }
    backup.to_owned()
}

/// The scratch database lies where the backup does: there is room for one such file at least.
fn directory_of(backup: &Path) -> PathBuf {
    let directory = backup.parent().filter(|path| !path.as_os_str().is_empty());
    directory.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

fn phrase(secrets: SecretsConfig) -> anyhow::Result<SecretString> {
    match secrets.backup_passphrase {
        Some(phrase) => Ok(phrase),
        None => terminal::read_password("Pass-phrase of the backup: "),
    }
}

fn new_phrase(secrets: SecretsConfig) -> Result<SecretString, CliError> {
    let phrase = phrase(secrets)?;
    check_phrase(&phrase).map_err(|error| CliError::Usage(error.to_string()))?;
    Ok(phrase)
}

fn describe(label: &BackupLabel) -> String {
    format!(
        "{} by version {} on {}",
        label.created_at.format("%Y-%m-%d %H:%M:%S UTC"),
        label.version,
        label.database
    )
}

/// What went wrong, with its causes: here is whoever may know them.
fn explained(error: domain::Error) -> anyhow::Error {
    match error {
        domain::Error::Internal(cause) => cause,
        domain::Error::Unauthenticated
        | domain::Error::WrongCredentials(_)
        | domain::Error::Forbidden
        | domain::Error::NotFound { .. }
        | domain::Error::BadInput(_)
        | domain::Error::Conflict(_)
        | domain::Error::RateLimited { .. }
        | domain::Error::CsrfFailed(_)
        | domain::Error::SecondFactorRequired
        | domain::Error::Provider(_)
        | domain::Error::EngineUnavailable(_) => error.into(),
    }
}

fn in_use(error: anyhow::Error) -> anyhow::Error {
    if error.is::<DatabaseInUseError>() {
        return anyhow::anyhow!(
            "a server is running on this database; stop it first, or use restoreBackup of its GraphQL and \
             restart it"
        );
    }
    error
}
