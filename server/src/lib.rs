//! ProxyPal Server: one door to many model providers.

pub mod client_address;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod domain;
pub mod engine;
pub mod gateway;
