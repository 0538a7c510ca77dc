//! Users, whose tools call the gateway.

pub(super) mod changes;
pub(super) mod fields;
pub(super) mod list;
