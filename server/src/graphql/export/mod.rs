//! Exports.

pub(super) mod files;
