//! API keys for the gateway.

pub(super) mod changes;
pub(super) mod client_setup;
pub(super) mod fields;
pub(super) mod search;
