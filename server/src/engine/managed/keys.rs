//! The keys of one run of the engine.

use secrecy::{ExposeSecret as _, SecretString};

/// The number of user keys; further users share them.
const CALLERS: usize = 512;

/// Generated for each start, so that a leaked key is invalid after the next.
#[derive(Clone, Debug)]
pub(in crate::engine) struct EngineKeys {
    /// Authenticates the gateway.
    pub(in crate::engine) internal: SecretString,
    /// Authenticate the gateway on behalf of one user each. Each begins with the internal key, so that redacting that
    /// key redacts these.
    pub(super) callers: Vec<SecretString>,
    /// Authenticates calls of the management API.
    pub(in crate::engine) management: SecretString,
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
