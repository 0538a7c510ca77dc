//! Argon2id, off the async threads and a bounded number at a time: each hash takes 19 MiB and tens of
//! milliseconds, which strangers must not be able to multiply.

use std::sync::Arc;

use anyhow::Context as _;
use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

const AT_ONCE: usize = 2;

/// Hashes and checks passwords.
#[derive(Clone, Debug)]
pub struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Passwords {
    /// The hash to store, in PHC string format with a salt of its own.
    pub async fn hash(&self, password: SecretString) -> anyhow::Result<String> {
        self.run(move || {
            let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
            hash.map(|hash| hash.to_string())
                .map_err(|error| anyhow::anyhow!("cannot hash a password: {error}"))
        })
        .await?
    }

    /// Whether the password is the one that was hashed. Without a hash it takes as long and says no,
    /// so that a stranger cannot tell which names exist.
    pub async fn verify(
        &self,
        password: SecretString,
        hash: Option<String>,
    ) -> anyhow::Result<bool> {
        self.run(move || {
            if let Some(hash) = hash {
                matches(&password, &hash)
            } else {
                let _ = Argon2::default().hash_password(password.expose_secret().as_bytes());
                false
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let _permit = self.0.acquire().await.context("the server is stopping")?;
        tokio::task::spawn_blocking(work)
            .await
            .context("hashing a password failed")
    }
}

fn matches(password: &SecretString, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.expose_secret().as_bytes(), &hash)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn accepts_the_right_password_only() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".into()).await.unwrap();

        assert!(hash.starts_with("$argon2id$"));
        assert!(
            passwords
                .verify("correct horse".into(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify("battery staple".into(), Some(hash))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify("correct horse".into(), None)
                .await
                .unwrap()
        );
    }
}
