//! Administrators.

pub(super) mod api_token;
pub(super) mod changes;
pub(super) mod list;
