//! What a backup holds, line by line: each table's name, its rows, and at the end how many there were.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::cell::BackupCell;

/// The format of labels and lines.
pub(super) const FORMAT: u32 = 1;

/// What a backup says about itself in the open.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupLabel {
    pub format: u32,
    pub created_at: DateTime<Utc>,
    /// The server's.
    pub version: String,
    /// `sqlite` or `postgres`; it restores into either.
    pub database: String,
    /// The steps that made the tables.
    pub steps: Vec<String>,
    /// A secret that only the right `ENCRYPTION_KEY` opens; in base64.
    pub key_check: String,
}

/// A table, of which rows follow.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TableHeader {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
}

/// A line of the content.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum BackupLine {
    Table(TableHeader),
    Row(Vec<BackupCell>),
    /// The tables and how many rows each has.
    End(Vec<(String, u64)>),
}
