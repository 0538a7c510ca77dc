//! The status of signed-in accounts, as reported by the engine.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

/// The latest report of a running engine. It does not cover API keys.
#[derive(Clone, Debug, Default)]
pub struct EngineAccounts {
    pub by_file: HashMap<String, EngineAccount>,
}

/// The engine's messages for a sign-in that is no longer valid.
const LOST_SIGN_IN: [&str; 2] = ["unauthorized", "invalid_grant"];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineAccount {
    /// The engine's identifier of the credential.
    pub auth_index: String,
    /// The engine's message about the last failure, without secrets.
    pub message: Option<String>,
    /// Whether the file is disabled.
    pub disabled: bool,
    /// Whether the engine skips the account at present.
    pub unavailable: bool,
    /// When the engine uses it again.
    pub retry_at: Option<DateTime<Utc>>,
}

impl EngineAccount {
    /// Whether the provider no longer accepts the sign-in: the engine could not refresh its token.
    pub fn has_lost_sign_in(&self) -> bool {
        let message = self.message.as_deref().unwrap_or_default();
        self.unavailable && LOST_SIGN_IN.contains(&message)
    }
}
