//! The content of a backup, line by line: a header, each table's name and rows, and at the end the number of rows.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::cell::BackupCell;

/// The version of this format.
pub(super) const FORMAT: u32 = 2;

/// Metadata of a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupLabel {
    pub format: u32,
    pub created_at: DateTime<Utc>,
    /// The version of the server.
    pub version: String,
    /// `sqlite` or `postgres`; a backup restores into either.
    pub database: String,
    /// The migrations that made the tables.
    pub steps: Vec<String>,
}

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BackupHeader {
    #[serde(flatten)]
    pub(super) label: BackupLabel,
    /// A secret that only the right `ENCRYPTION_KEY` decrypts; in base64.
    pub(super) key_check: String,
}

/// A table, whose rows follow.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TableHeader {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
}

/// A line of the content.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum BackupLine {
    Header(BackupHeader),
    Table(TableHeader),
    Row(Vec<BackupCell>),
    /// The tables and how many rows each has.
    End(Vec<(String, u64)>),
}
