//! ProxyPal Server: one door to many model providers.

pub mod clock;
pub mod domain;
pub mod gateway;
