//! Encryption, checksums, password hashing and tokens.

pub mod checksum;
pub mod encrypted_file;
pub mod password;
pub mod token;
pub mod vault;
