//! Where the server keeps its data.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::crypto::vault::EncryptionKey;

/// Where data is stored and with which keys its secrets are sealed.
#[derive(Debug)]
pub struct StorageConfig {
    pub data_dir: PathBuf,
    /// A `sqlite:` or `postgres:` URL. May contain a password.
    pub database_url: SecretString,
    /// `None` uses the key file in the data directory, which the first start creates.
    pub encryption_key: Option<EncryptionKey>,
    /// Earlier keys, which still open what was sealed with them.
    pub previous_keys: Vec<EncryptionKey>,
}
