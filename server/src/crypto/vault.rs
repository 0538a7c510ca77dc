//! Encrypts secrets with AES-256-GCM. Each value names its key, so that keys can be rotated, and is bound to its owner
//! (associated data), so that a value copied to another row cannot be decrypted.

use aes_gcm::{
    Aes256Gcm, KeyInit as _, Nonce,
    aead::{Aead as _, Generate as _, Payload},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const KEY_ID_BYTES: usize = 8;
const NONCE_BYTES: usize = 12;
const HEADER_BYTES: usize = 1 + KEY_ID_BYTES + NONCE_BYTES;

/// Why a value cannot be encrypted or decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Its key is not configured.
    #[error("encrypted with another encryption key")]
    UnknownKey,
    /// Truncated, changed, or of another owner.
    #[error("the encrypted value is damaged or has another owner")]
    Damaged,
}

/// The text is not an encryption key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 32 bytes in base64 or hex")]
pub struct InvalidKeyError;

/// A 256-bit key. Never printed.
#[derive(Clone)]
pub struct EncryptionKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for EncryptionKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("EncryptionKey(…)")
    }
}

impl EncryptionKey {
    /// Generates a random key.
    pub fn generate() -> Self {
        Self(Zeroizing::new(rand::random()))
    }

    /// Reads base64 (as hosting platforms generate) or hex.
    pub fn parse(text: &str) -> Result<Self, InvalidKeyError> {
        let text = text.trim();
        let bytes = match text.len() {
            64 => hex::decode(text).map_err(|_| InvalidKeyError)?,
            _ => BASE64_STANDARD.decode(text).map_err(|_| InvalidKeyError)?,
        };
        let bytes = Zeroizing::new(bytes);
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| InvalidKeyError)?;
        Ok(Self(Zeroizing::new(key)))
    }

    /// Base64, for the key file.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64_STANDARD.encode(self.0.as_slice()))
    }
}

/// A key with its cipher.
struct Lock {
    id: [u8; KEY_ID_BYTES],
    cipher: Aes256Gcm,
}

impl Lock {
    fn new(key: &EncryptionKey) -> Self {
        let digest = Sha256::digest(key.0.as_slice());
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&digest[..KEY_ID_BYTES]);
        Self {
            id,
            cipher: Aes256Gcm::new(&(*key.0).into()),
        }
    }
}

/// Encrypts with the current key; decrypts with it or a former one.
pub struct Vault {
    current: Lock,
    previous: Vec<Lock>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Vault(…)")
    }
}

impl Vault {
    /// A vault with these keys.
    pub fn new(current: &EncryptionKey, previous: &[EncryptionKey]) -> Self {
        Self {
            current: Lock::new(current),
            previous: previous.iter().map(Lock::new).collect(),
        }
    }

    /// Returns version ‖ key id ‖ nonce ‖ ciphertext.
    pub fn seal(&self, owner: &str, secret: &[u8]) -> Result<Vec<u8>, VaultError> {
        let nonce = Nonce::generate();
        let payload = Payload {
            msg: secret,
            aad: owner.as_bytes(),
        };
        let ciphertext = self
            .current
            .cipher
            .encrypt(&nonce, payload)
            .map_err(|_| VaultError::Damaged)?;
        Ok([
            &[VERSION],
            &self.current.id[..],
            nonce.as_slice(),
            &ciphertext,
        ]
        .concat())
    }

    /// Whether a value is encrypted with the current key.
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        let id = sealed.get(1..=KEY_ID_BYTES);
        id == Some(&self.current.id[..])
    }

    /// Decrypts a value of [`Vault::seal`] for the same owner.
    pub fn open(&self, owner: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (header, ciphertext) = sealed
            .split_at_checked(HEADER_BYTES)
            .ok_or(VaultError::Damaged)?;
        let (version_and_id, nonce) = header.split_at(1 + KEY_ID_BYTES);
        let [VERSION, id @ ..] = version_and_id else {
            return Err(VaultError::Damaged);
        };
        let lock = std::iter::once(&self.current)
            .chain(&self.previous)
            .find(|lock| lock.id == id)
            .ok_or(VaultError::UnknownKey)?;
        let nonce = <&Nonce<_>>::try_from(nonce).map_err(|_| VaultError::Damaged)?;
        let payload = Payload {
            msg: ciphertext,
            aad: owner.as_bytes(),
        };
        lock.cipher
            .decrypt(nonce, payload)
            .map(Zeroizing::new)
            .map_err(|_| VaultError::Damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_what_it_sealed_for_the_same_owner_only() {
        let vault = Vault::new(&EncryptionKey::generate(), &[]);

        let sealed = vault.seal("account:1", b"secret").unwrap();

        assert_eq!(
            vault.open("account:1", &sealed).unwrap().as_slice(),
            b"secret"
        );
        assert_eq!(
            vault.open("account:2", &sealed).unwrap_err(),
            VaultError::Damaged
        );
    }

    #[test]
    fn a_changed_or_cut_value_does_not_open() {
        let vault = Vault::new(&EncryptionKey::generate(), &[]);
        let mut sealed = vault.seal("a", b"secret").unwrap();

        assert_eq!(
            vault.open("a", &sealed[..20]).unwrap_err(),
            VaultError::Damaged
        );
        *sealed.last_mut().unwrap() ^= 1;
        assert_eq!(vault.open("a", &sealed).unwrap_err(), VaultError::Damaged);
    }

    #[test]
    fn an_earlier_key_still_opens_after_a_rotation() {
        let (old, new) = (EncryptionKey::generate(), EncryptionKey::generate());
        let sealed = Vault::new(&old, &[]).seal("a", b"secret").unwrap();

        assert!(
            Vault::new(&new, std::slice::from_ref(&old))
                .open("a", &sealed)
                .is_ok()
        );
        assert_eq!(
            Vault::new(&new, &[]).open("a", &sealed).unwrap_err(),
            VaultError::UnknownKey
        );
    }

    #[test]
    fn a_key_reads_as_base64_and_hex() {
        let key = EncryptionKey::generate();

        assert_eq!(*EncryptionKey::parse(&key.to_base64()).unwrap().0, *key.0);
        assert_eq!(
            *EncryptionKey::parse(&hex::encode(key.0.as_slice()))
                .unwrap()
                .0,
            *key.0
        );
        assert!(EncryptionKey::parse("short").is_err());
    }
}
