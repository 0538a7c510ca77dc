//! Quotas and rate limits.

pub(super) mod changes;
pub(super) mod fields;
