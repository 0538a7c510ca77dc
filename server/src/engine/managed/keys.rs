//! The keys of one life of the engine.

use secrecy::{ExposeSecret as _, SecretString};

/// Users who each have a key of their own; later ones share them.
const CALLERS: usize = 512;

/// Made anew for each start, so that a leaked one is worthless after the next.
#[derive(Clone, Debug)]
pub(super) struct EngineKeys {
    /// Opens the engine to the gateway.
    pub(super) internal: SecretString,
    /// Open it to the gateway for one user each. Each begins with the internal one, so that what hides that
    /// hides them.
    pub(super) callers: Vec<SecretString>,
    /// Opens the engine's own management to us.
    pub(super) management: SecretString,
}

impl EngineKeys {
    /// Random keys of 256 bits.
    pub(super) fn random() -> Self {
        let internal = random_key();
        let caller = |number| format!("{}-{number}", internal.expose_secret()).into();
        Self {
            callers: (0..CALLERS).map(caller).collect(),
            internal,
            management: random_key(),
        }
    }
}

fn random_key() -> SecretString {
    hex::encode(rand::random::<[u8; 32]>()).into()
}
