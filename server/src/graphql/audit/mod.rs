//! Audit.

pub(super) mod events;
