//! The two keys of one life of the engine.

use secrecy::SecretString;

/// Made anew for each start, so that a leaked one is worthless after the next.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    /// Opens the engine to the gateway.
    pub(super) internal: SecretString,
    /// Opens the engine's own management to us.
    pub(super) management: SecretString,
}

impl Keys {
    /// Two keys that nobody can guess.
    pub(super) fn random() -> Self {
        Self {
            internal: random_key(),
            management: random_key(),
        }
    }
}

fn random_key() -> SecretString {
    hex::encode(rand::random::<[u8; 32]>()).into()
}
