//! The status of signed-in accounts, as reported by the engine.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

/// The latest report of a running engine. It does not cover API keys.
#[derive(Clone, Debug, Default)]
pub struct EngineAccounts {
    pub by_file: HashMap<String, EngineAccount>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineAccount {
    /// The engine's identifier of the credential.
    pub auth_index: String,
    /// The engine's message about the last failure, without secrets.
    pub message: Option<String>,
    /// Whether the engine skips the account at present.
    pub unavailable: bool,
    /// When the engine uses it again.
    pub retry_at: Option<DateTime<Utc>>,
}
