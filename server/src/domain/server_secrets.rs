//! The server's own secrets. The secret for token digests is encrypted in the database, which makes it the check value
//! of `ENCRYPTION_KEY` too: with a wrong key the server does not start.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, anyhow};
use entity::secret::{self, Entity as Secret};
use sea_orm::{ActiveValue::Set, EntityTrait as _, sea_query::OnConflict};

use crate::{
    clock::SharedClock,
    crypto::{
        token::Digester,
        vault::{EncryptionKey, Vault, VaultError},
    },
    db::{Database, StorageConfig},
};

/// The secret that verifies an encryption key.
pub(in crate::domain) const DIGEST_KEY: &str = "token_digest_key";
const KEY_FILE: &str = "encryption.key";

/// The keys for encryption and digests.
#[derive(Clone, Debug)]
pub struct ServerSecrets {
    pub vault: Arc<Vault>,
    pub digester: Digester,
}

impl ServerSecrets {
    /// Decrypts the server's secrets; creates them on the first start.
    pub async fn open(
        storage: &StorageConfig,
        db: &Database,
        clock: &SharedClock,
    ) -> anyhow::Result<Self> {
        // Without `ENCRYPTION_KEY`, a key is created once and stored in the data directory.
        let key = match known_key(storage)? {
            Some(key) => key,
            None => create_key_file(&key_file(&storage.data_dir))?,
        };
        let vault = Vault::new(&key, &storage.previous_keys);
        let stored = Secret::find_by_id(DIGEST_KEY).one(db.reader()).await?;
        let digest_key = if let Some(row) = stored {
            open_digest_key(&vault, &row)?
        } else {
            create_digest_key(&vault, db, clock).await?;
            // Another server may have been faster.
            let row = Secret::find_by_id(DIGEST_KEY).one(db.writer()).await?;
            open_digest_key(&vault, &row.context("the server's secrets are missing")?)?
        };
        Ok(Self {
            vault: Arc::new(vault),
            digester: Digester::new(&digest_key),
        })
    }
}

/// Whether an encryption key is needed and matches a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStatus {
    /// Nothing is encrypted yet.
    Unneeded,
    Fits,
}

/// Fails unless the key that a server would use decrypts the secrets of the database. Creates no key.
pub async fn examine_key(storage: &StorageConfig, db: &Database) -> anyhow::Result<KeyStatus> {
    let Some(row) = Secret::find_by_id(DIGEST_KEY).one(db.reader()).await? else {
        return Ok(KeyStatus::Unneeded);
    };
    let key = known_key(storage)?.with_context(|| {
        let path = key_file(&storage.data_dir);
        format!(
            "ENCRYPTION_KEY is not set and there is no {}",
            path.display()
        )
    })?;
    open_digest_key(&Vault::new(&key, &storage.previous_keys), &row)?;
    Ok(KeyStatus::Fits)
}

/// The file of the key that is used when none is configured.
pub fn key_file(data_dir: &Path) -> PathBuf {
    data_dir.join(KEY_FILE)
}

/// Fails unless the configured key, or the one in the data directory, decrypts the secrets of a database. Creates no
/// key.
pub(in crate::domain) fn check_key(storage: &StorageConfig, sealed: &[u8]) -> anyhow::Result<()> {
    let key = known_key(storage)?.with_context(|| {
        format!(
            "ENCRYPTION_KEY is not set and there is no {}: set the key of the server that made the backup, \
             or copy that file of its data directory here",
            key_file(&storage.data_dir).display()
        )
    })?;
    let vault = Vault::new(&key, &storage.previous_keys);
    vault.open(DIGEST_KEY, sealed).map_err(|_| {
        anyhow!(
            "ENCRYPTION_KEY is not the key of the server that made the backup; without it the accounts' \
             tokens in it cannot be opened. Nothing was changed. Set that key, or add it to \
             ENCRYPTION_KEY_PREVIOUS. If none was set there, it is in the file {KEY_FILE} of its data \
             directory."
        )
    })?;
    Ok(())
}

/// The configured key, or the one that an earlier start created.
fn known_key(storage: &StorageConfig) -> anyhow::Result<Option<EncryptionKey>> {
    if let Some(key) = &storage.encryption_key {
        return Ok(Some(key.clone()));
    }
    let path = key_file(&storage.data_dir);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let key = EncryptionKey::parse(&text);
            let key = key.with_context(|| format!("{} does not contain a key", path.display()));
            key.map(Some)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn open_digest_key(vault: &Vault, row: &secret::Model) -> anyhow::Result<[u8; 64]> {
    let opened = vault.open(DIGEST_KEY, &row.sealed).map_err(|error| match error {
        VaultError::UnknownKey => anyhow!(
            "ENCRYPTION_KEY is not the key that this database was sealed with. Nothing was changed. \
             Start with the earlier key, or keep it in ENCRYPTION_KEY_PREVIOUS beside the new one. \
             If no key was set before, it is in the file {KEY_FILE} of the data directory."
        ),
        VaultError::Damaged => anyhow!("the encrypted secret {DIGEST_KEY} is damaged; restore a backup"),
    })?;
    opened
        .as_slice()
        .try_into()
        .context("the encrypted secret has the wrong length")
}

/// Stores a new key, unless there is one.
async fn create_digest_key(
    vault: &Vault,
    db: &Database,
    clock: &SharedClock,
) -> anyhow::Result<()> {
    let key: [u8; 64] = rand::random();
    let row = secret::ActiveModel {
        name: Set(DIGEST_KEY.to_owned()),
        sealed: Set(vault.seal(DIGEST_KEY, &key)?),
        created_at: Set(clock.now()),
    };
    Secret::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db.writer())
        .await
        .context("cannot store the server's secrets")?;
    Ok(())
}

fn create_key_file(path: &Path) -> anyhow::Result<EncryptionKey> {
    let key = EncryptionKey::generate();
    let fail = || format!("cannot write {}", path.display());
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).with_context(fail)?;
    }
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(fail)?;
    file.write_all(key.to_base64().as_bytes())
        .with_context(fail)?;
    file.sync_all().with_context(fail)?;
    tracing::warn!(
        file = %path.display(),
        "ENCRYPTION_KEY is not set: created a key; back up its file together with the database"
    );
    Ok(key)
}
