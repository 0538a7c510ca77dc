//! Notifications.

pub(super) mod changes;
pub(super) mod channel_settings;
pub(super) mod list;
