//! Prices.

pub(super) mod list;
