//! The lines of a backup: each table's name, its rows, and at the end the number of rows.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::cell::BackupCell;

/// The format of labels and lines.
pub(super) const FORMAT: u32 = 1;

/// Metadata of a backup, readable without the pass-phrase.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupLabel {
    pub format: u32,
    pub created_at: DateTime<Utc>,
    /// The version of the server.
    pub version: String,
    /// `sqlite` or `postgres`; it restores into either.
    pub database: String,
    /// The migrations that made the tables.
    pub steps: Vec<String>,
    /// A secret that only the right `ENCRYPTION_KEY` decrypts; base64.
    pub key_check: String,
}

/// A table, whose rows follow.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TableHeader {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
}

/// A line of a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum BackupLine {
    Table(TableHeader),
    Row(Vec<BackupCell>),
    /// The tables and how many rows each has.
    End(Vec<(String, u64)>),
}
