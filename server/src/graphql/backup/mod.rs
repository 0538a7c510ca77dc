//! Backups.

pub(super) mod list;
