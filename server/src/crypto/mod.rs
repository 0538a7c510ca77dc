//! Encryption, checksums, password hashing and tokens.

pub mod checksum;
pub mod chest;
pub mod password;
pub mod token;
pub mod vault;
