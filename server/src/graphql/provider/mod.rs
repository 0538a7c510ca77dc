//! Providers and accounts there.

pub(super) mod account;
pub(super) mod changes;
pub(super) mod check;
pub(super) mod list;
pub(super) mod login;
pub(super) mod settings;
pub(super) mod transfer;
