//! `backup`: creates, lists, verifies and restores encrypted backups.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};

use super::{CliError, Done, explain_lock, terminal};
use crate::{
    clock::{Clock as _, SystemClock},
    config::{SecretsConfig, StorageArguments, StorageConfig},
    db::Database,
    domain::{
        self,
        backups::{self, BackupLabel, Backups, DIRECTORY, check_phrase, verify},
    },
};

/// The help on the passphrase.
pub(super) const PHRASE: &str = "\
The passphrase is read from BACKUP_PASSPHRASE, or else from the terminal or a pipe. A backup cannot be decrypted
without it, and its secrets cannot be used without the ENCRYPTION_KEY of its server.";

/// Creates a backup.
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

/// Verifies a backup.
#[derive(Debug, Args)]
pub(super) struct VerifyBackup {
    /// The path of a backup, or its name in the data directory.
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,

    #[command(flatten)]
    storage: StorageArguments,
}

/// Restores a backup.
#[derive(Debug, Args)]
pub(super) struct RestoreBackup {
    /// The path of a backup, or its name in the data directory.
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,

    #[command(flatten)]
    storage: StorageArguments,
}

impl CreateBackup {
    pub(super) async fn run(self) -> Done {
        let (storage, secrets) = read(&self.storage)?;
        let phrase = new_phrase(secrets)?;
        let db = Database::open_read_only(storage.database_url.expose_secret()).await?;
        let clock = Arc::new(SystemClock);
        let backups = Backups::new(db.clone(), clock, storage.data_dir, Some(phrase));
        let created = Box::pin(backups.make()).await.map_err(with_causes)?;
        db.close().await?;
        let path = created.path.display();
        terminal::print_line(&format!(
            "{path}\n{} rows, verified by a trial restore.",
            created.rows
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
            let status = match &file.label {
                Ok(Some(label)) => describe(label),
                Ok(None) => "no description; check it with `backup verify`".to_owned(),
                Err(problem) => format!("INVALID: {problem}"),
            };
            terminal::print_line(&format!("{}  {size:>12} bytes  {status}", file.name));
        }
        Ok(())
    }
}

impl VerifyBackup {
    pub(super) async fn run(self) -> Done {
        let (storage, secrets) = read(&self.storage)?;
        let path = locate(&storage, &self.backup);
        let phrase = phrase(secrets)?;
        let directory = directory_of(&path);
        let verified = Box::pin(verify(&path, phrase, &directory)).await?;
        terminal::print_line(&format!(
            "{}: {} rows, verified by a trial restore.",
            describe(&verified.label),
            verified.rows
        ));
        Ok(())
    }
}

impl RestoreBackup {
    pub(super) async fn run(self) -> Done {
        let (storage, secrets) = read(&self.storage)?;
        let path = locate(&storage, &self.backup);
        let phrase = phrase(secrets)?;
        let restoring = backups::restore(&path, phrase, &storage, SystemClock.now());
        let restored = Box::pin(restoring).await.map_err(|error| {
            explain_lock(
                error,
                "use its GraphQL mutation restoreBackup and restart it",
            )
        })?;
        terminal::print_line(&format!(
            "Restored {} rows of the backup from {}.",
            restored.rows,
            restored.created_at.format("%Y-%m-%d %H:%M:%S UTC")
        ));
        if let Some(kept) = restored.kept {
            terminal::print_line(&format!(
                "The former database is kept as {kept}; delete it when it is no longer needed."
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

/// Resolves the name of a backup in the data directory.
fn locate(storage: &StorageConfig, backup: &Path) -> PathBuf {
    let in_data_dir = storage.data_dir.join(DIRECTORY).join(backup);
    if !backup.exists() && in_data_dir.exists() {
        return in_data_dir;
    }
    backup.to_owned()
}

/// The directory of the backup, which also takes the temporary database.
fn directory_of(backup: &Path) -> PathBuf {
    let directory = backup.parent().filter(|path| !path.as_os_str().is_empty());
    directory.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

fn phrase(secrets: SecretsConfig) -> anyhow::Result<SecretString> {
    match secrets.backup_passphrase {
        Some(phrase) => Ok(phrase),
        None => terminal::read_password("Backup passphrase: "),
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

/// The error with its internal causes, which an operator may see.
fn with_causes(error: domain::Error) -> anyhow::Error {
    match error {
        domain::Error::Internal(cause) => cause,
        domain::Error::Unauthenticated
        | domain::Error::WrongCredentials(_)
        | domain::Error::Forbidden
        | domain::Error::FeatureDisabled(_)
        | domain::Error::NotFound { .. }
        | domain::Error::BadInput(_)
        | domain::Error::ConfirmationRequired(_)
        | domain::Error::Conflict(_)
        | domain::Error::Outdated { .. }
        | domain::Error::RateLimited { .. }
        | domain::Error::CsrfFailed(_)
        | domain::Error::SecondFactorRequired
        | domain::Error::Provider(_)
        | domain::Error::EngineUnavailable(_) => error.into(),
    }
}
