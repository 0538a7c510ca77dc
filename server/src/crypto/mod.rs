//! Encryption, password hashing and tokens.

pub mod chest;
pub mod password;
pub mod token;
pub mod vault;
