//! Argon2id, off the async threads and one at a time: each hash takes 19 MiB and tens of milliseconds, which
//! anonymous callers must not be able to multiply. Waiting callers are served in order.

use std::sync::Arc;

use anyhow::Context as _;
use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

const MAX_CONCURRENT: usize = 1;
/// The smallest allocation, in blocks of 1 KiB. glibc returns a large block to the system when it is freed, and raises
/// its threshold for that to the size of the block, up to 32 MiB (`mallopt(3)`, `M_MMAP_THRESHOLD`): later hashes of
/// 19 MiB would stay allocated. A block beyond 32 MiB does not raise the threshold and is returned each time; its
/// unused part takes addresses, not memory.
const MINIMUM_BLOCKS: usize = 33 * 1024;

/// Hashes and checks passwords.
#[derive(Clone, Debug)]
pub struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_CONCURRENT)))
    }
}

impl Passwords {
    /// The hash to store, in PHC string format with a salt of its own.
    pub async fn hash(&self, password: SecretString) -> anyhow::Result<String> {
        self.run(move || hashed(&password).context("cannot hash a password"))
            .await?
    }

    /// Verifies a password. Without a hash it takes as long and returns false, so that anonymous callers cannot
    /// find out which names exist.
    pub async fn verify(
        &self,
        password: SecretString,
        hash: Option<String>,
    ) -> anyhow::Result<bool> {
        self.run(move || {
            if let Some(hash) = hash {
                matches(&password, &hash).unwrap_or(false)
            } else {
                let _ = hashed(&password);
                false
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let permit = Arc::clone(&self.0).acquire_owned().await;
        let permit = permit.context("the server is stopping")?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            // Held by the blocking task, which continues after its caller is gone.
            drop(permit);
            done
        })
        .await
        .context("hashing a password failed")
    }
}

fn hashed(password: &SecretString) -> anyhow::Result<String> {
    let (algorithm, version) = (Algorithm::default(), Version::default());
    let params = Params::default();
    let salt = Salt::new(&rand::random::<[u8; Salt::RECOMMENDED_LENGTH]>())?;
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    let argon2 = Argon2::new(algorithm, version, params.clone());
    derive(&argon2, password, &salt, &mut output)?;
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(&params)?,
        salt: Some(salt),
        hash: Some(Output::new(&output)?),
    };
    Ok(hash.to_string())
}

/// Whether the password matches; none when the hash is invalid.
fn matches(password: &SecretString, hash: &str) -> Option<bool> {
    let stored = PasswordHash::new(hash).ok()?;
    let (salt, expected) = (stored.salt?, stored.hash?);
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
    let version = stored.version.map(Version::try_from).transpose().ok()?;
    let params = Params::try_from(&stored).ok()?;
    let argon2 = Argon2::new(algorithm, version.unwrap_or_default(), params);
    let mut output = vec![0; expected.len()];
    derive(&argon2, password, &salt, &mut output).ok()?;
    Some(output.ct_eq(expected.as_bytes()).into())
}

fn derive(
    argon2: &Argon2<'_>,
    password: &SecretString,
    salt: &[u8],
    output: &mut [u8],
) -> argon2::Result<()> {
    let blocks = argon2.params().block_count();
    let mut memory = Vec::with_capacity(blocks.max(MINIMUM_BLOCKS));
    memory.resize(blocks, Block::new());
    let password = password.expose_secret().as_bytes();
    argon2.hash_password_into_with_memory(password, salt, output, &mut memory)
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher as _, PasswordVerifier as _};

    use super::*;

    #[test]
    fn hashes_are_those_of_the_library() {
        let (ours, password) = (hashed(&"a".into()).unwrap(), SecretString::from("a"));
        assert!(
            Argon2::default()
                .verify_password(b"a", ours.as_str())
                .is_ok()
        );

        let theirs = Argon2::default().hash_password(b"a").unwrap().to_string();
        assert_eq!(matches(&password, &theirs), Some(true));
        assert_eq!(matches(&"b".into(), &theirs), Some(false));
        assert_eq!(matches(&password, "no hash"), None);
    }

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
