//! `rotate-encryption-key`.

use std::sync::Arc;

use clap::Args;
use secrecy::ExposeSecret as _;

use super::{CliError, Done, audit::context, terminal};
use crate::{
    clock::{SharedClock, SystemClock},
    config::{SecretsConfig, StorageArguments, StorageConfig},
    db::Database,
    domain::{audit::Audit, key_rotation, server_secrets::ServerSecrets},
};

/// Re-encrypts all secrets in the database with `ENCRYPTION_KEY`. Set `ENCRYPTION_KEY_PREVIOUS` to the former key;
/// without it nothing is changed. Stop the server first: it locks its database.
#[derive(Debug, Args)]
pub(super) struct RotateEncryptionKey {
    #[command(flatten)]
    storage: StorageArguments,
}

impl RotateEncryptionKey {
    pub(super) async fn run(self) -> Done {
        let secrets = SecretsConfig::from_environment();
        let storage = StorageConfig::read(&self.storage, &secrets).map_err(CliError::Usage)?;
        let clock: SharedClock = Arc::new(SystemClock);
        let db = Database::open(storage.database_url.expose_secret(), &storage.data_dir).await?;
        let server = ServerSecrets::open(&storage, &db, &clock).await?;
        let audit = Audit::new(db.clone(), clock);
        let rotated = key_rotation::rotate(&db, &server.vault).await;
        if let Ok(rotated) = &rotated {
            let context = context("rotateEncryptionKey");
            let recorded = rotated.record(&context, &audit);
            recorded.await.map_err(anyhow::Error::from)?;
        }
        db.close().await?;
        let rotated = rotated
            .and_then(key_rotation::Rotated::complete)
            .map_err(anyhow::Error::from)?;
        terminal::print_line(&format!(
            "Re-encrypted {} secrets; {} already used the new key. ENCRYPTION_KEY_PREVIOUS is no longer needed, \
             except for older backups.",
            rotated.re_encrypted, rotated.current
        ));
        Ok(())
    }
}
