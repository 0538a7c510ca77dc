//! The signed-in accounts that the engine reports.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

/// The signed-in accounts that a running engine reported last. It does not report API keys.
#[derive(Clone, Debug, Default)]
pub struct EngineAccounts {
    pub by_file: HashMap<String, EngineAccount>,
}

/// One of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineAccount {
    /// The engine's own name for the credential.
    pub auth_index: String,
    /// The last failure as the engine reports it, without secrets.
    pub message: Option<String>,
    /// Whether it is passed over for now.
    pub unavailable: bool,
    /// Until when.
    pub retry_at: Option<DateTime<Utc>>,
}
