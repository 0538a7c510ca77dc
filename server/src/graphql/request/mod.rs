//! Requests.

pub(super) mod fields;
pub(super) mod filter;
pub(super) mod live;
