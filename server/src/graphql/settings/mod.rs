//! Settings.

pub(super) mod gateway;
pub(super) mod routing;
pub(super) mod server_info;
