//! Random tokens and their digests: API keys, API tokens, session cookies.
//!
//! Tokens have more than 190 random bits, so a keyed digest is enough to store and look them up by; a
//! slow hash would delay every request without protecting more.

use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::RngExt as _;
use sha2::Sha256;
use zeroize::Zeroizing;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_CHARS: usize = 32;
const CHECKSUM_CHARS: usize = 6;

/// HMAC-SHA-256 of a token.
pub type Digest = [u8; 32];

/// Turns tokens into digests, with a key that never leaves the server.
#[derive(Clone)]
pub struct Digester(Hmac<Sha256>);

impl std::fmt::Debug for Digester {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Digester(…)")
    }
}

impl Digester {
    /// A digester with this key.
    pub fn new(key: &[u8; 64]) -> Self {
        Self(Hmac::new(key.into()))
    }

    /// The digest under which a token is stored.
    pub fn digest(&self, token: &[u8]) -> Digest {
        let mut hmac = self.0.clone();
        hmac.update(token);
        hmac.finalize().into_bytes().into()
    }
}

/// Generates `<prefix><32 random><6 checksum>` in base 62. By the checksum secret scanners recognise keys offline.
pub fn generate(prefix: &str) -> Zeroizing<String> {
    let mut rng = rand::rng();
    let mut token = Zeroizing::new(String::with_capacity(
        prefix.len() + RANDOM_CHARS + CHECKSUM_CHARS,
    ));
    token.push_str(prefix);
    for _ in 0..RANDOM_CHARS {
        token.push(char::from(BASE62[rng.random_range(0..BASE62.len())]));
    }
    let checksum = checksum(&token);
    token.push_str(&checksum);
    token
}

/// `<prefix><64 hexadecimal digits><6 checksum>` of 32 bytes, which have as much entropy as the caller gives them.
pub fn of_bytes(prefix: &str, bytes: &[u8; 32]) -> Zeroizing<String> {
    let mut token = Zeroizing::new(format!("{prefix}{}", hex::encode(bytes)));
    let checksum = checksum(&token);
    token.push_str(&checksum);
    token
}

/// A token of 256 random bits.
pub fn generate_long(prefix: &str) -> Zeroizing<String> {
    let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(rand::rng().random());
    of_bytes(prefix, &bytes)
}

/// A text of `length` random characters of an alphabet.
pub fn random_text(alphabet: &[u8], length: usize) -> String {
    let mut rng = rand::rng();
    (0..length)
        .map(|_| char::from(alphabet[rng.random_range(0..alphabet.len())]))
        .collect()
}

/// Whether a text ends with its checksum, as every token of this server does.
pub fn is_well_formed(token: &str) -> bool {
    let Some(at) = token.len().checked_sub(CHECKSUM_CHARS) else {
        return false;
    };
    token
        .split_at_checked(at)
        .is_some_and(|(body, tail)| checksum(body) == tail)
}

/// CRC-32 in base 62.
fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = [b'0'; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_carries_its_checksum() {
        let token = generate("sk-ada-");

        assert!(token.starts_with("sk-ada-"));
        assert_eq!(token.len(), "sk-ada-".len() + RANDOM_CHARS + CHECKSUM_CHARS);
        assert!(is_well_formed(&token));
        assert!(!is_well_formed(&token.replace("sk-ada", "sk-eve")));
        assert!(!is_well_formed("é"));
    }

    #[test]
    fn digests_depend_on_the_key() {
        let token = b"sk-x";

        let digest = Digester::new(&[1; 64]).digest(token);

        assert_eq!(digest, Digester::new(&[1; 64]).digest(token));
        assert_ne!(digest, Digester::new(&[2; 64]).digest(token));
    }
}
