//! Sealing, hashing and making secrets.

pub mod chest;
pub mod password;
pub mod token;
pub mod vault;
