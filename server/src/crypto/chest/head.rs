//! What stands before the content: what it is, and how its key is made.

use std::{
    fs::File,
    io::{BufReader, Read, Seek as _, SeekFrom},
    path::Path,
};

use aes_gcm::{Aes256Gcm, KeyInit as _};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{CHECKSUM, ChestError, TAG};

const MAGIC: &[u8; 8] = b"PPCHEST1";
const MAGIC_OF_ALL: &[u8] = b"PPCHEST";
const LONGEST_LABEL: usize = 64 * 1024;
/// 64 MiB, three times: half a second for us, and for each guess.
const MEMORY: u32 = 64 * 1024;
const TIMES: u32 = 3;
/// A file must not make us take more than this.
const MOST_MEMORY: u32 = 1024 * 1024;
const MOST_TIMES: u32 = 16;
pub(super) const NONCE: usize = 7;

/// What a chest says about itself in the open. It is true if the chest opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChestLabel(pub Vec<u8>);

/// How the key is made of a pass-phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lock {
    memory: u32,
    times: u32,
    salt: [u8; 16],
    pub(super) nonce: [u8; NONCE],
}

/// A chest's head, and where its content is.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) label: Vec<u8>,
    pub(super) lock: Lock,
    /// The digest of the head, which each piece is bound to.
    pub(super) bond: [u8; 32],
    /// Bytes of content, sealed.
    pub(super) length: u64,
}

impl Lock {
    /// A new one.
    pub(super) fn new() -> Self {
        Self {
            memory: MEMORY,
            times: TIMES,
            salt: rand::random(),
            nonce: rand::random(),
        }
    }

    /// What seals and opens. Takes half a second.
    pub(super) fn cipher(&self, phrase: &SecretString) -> Result<Aes256Gcm, ChestError> {
        let reasonable = (1..=MOST_MEMORY).contains(&self.memory) && self.times <= MOST_TIMES;
        if !reasonable {
            return Err(ChestError::Newer);
        }
        let mut key = Zeroizing::new([0; 32]);
        let params = Params::new(self.memory, self.times, 1, Some(key.len()))
            .map_err(|_| ChestError::Newer)?;
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(
                phrase.expose_secret().as_bytes(),
                &self.salt,
                key.as_mut_slice(),
            )
            .map_err(|_| ChestError::Newer)?;
        Ok(Aes256Gcm::new(&(*key).into()))
    }

    fn to_bytes(&self) -> Vec<u8> {
        [
            &self.memory.to_be_bytes()[..],
            &self.times.to_be_bytes(),
            &self.salt,
            &self.nonce,
        ]
        .concat()
    }

    fn read(input: &mut impl Read) -> std::io::Result<Self> {
        Ok(Self {
            memory: u32::from_be_bytes(array(input)?),
            times: u32::from_be_bytes(array(input)?),
            salt: array(input)?,
            nonce: array(input)?,
        })
    }
}

/// Writes a head as bytes.
pub(super) fn write(label: &[u8], lock: &Lock) -> Result<Vec<u8>, ChestError> {
    let length = u32::try_from(label.len()).map_err(|_| ChestError::Foreign)?;
    let length = length.to_be_bytes();
    Ok([MAGIC, &length[..], label, &lock.to_bytes()].concat())
}

/// Checks the whole file against its checksum, without a pass-phrase, and tells what it says about itself.
pub fn inspect(path: &Path) -> Result<ChestLabel, ChestError> {
    let mut file = File::open(path)?;
    Ok(ChestLabel(check(&mut file)?.label))
}

/// Checks the whole file against its checksum and stands before the content.
pub(super) fn check(file: &mut File) -> Result<Head, ChestError> {
    let size = file.metadata()?.len();
    let (label, lock) = read(file)?;
    let head = write(&label, &lock)?;
    let around = head.len() as u64 + CHECKSUM as u64;
    // Even nothing is sealed.
    let length = size.checked_sub(around).ok_or(ChestError::Damaged)?;
    if length < TAG as u64 {
        return Err(ChestError::Damaged);
    }
    let mut hash = Sha256::new_with_prefix(&head);
    let bond = hash.clone().finalize().into();
    let content = std::io::copy(&mut file.by_ref().take(length), &mut Hashing(&mut hash))?;
    let checksum: [u8; CHECKSUM] = array(file).map_err(cut)?;
    if content != length || checksum[..] != hash.finalize()[..] {
        return Err(ChestError::Damaged);
    }
    file.seek(SeekFrom::Start(head.len() as u64))?;
    Ok(Head {
        label,
        lock,
        bond,
        length,
    })
}

fn read(file: &mut File) -> Result<(Vec<u8>, Lock), ChestError> {
    file.seek(SeekFrom::Start(0))?;
    let mut input = BufReader::new(&mut *file);
    let magic: [u8; 8] = array(&mut input).map_err(|_| ChestError::Foreign)?;
    if magic != *MAGIC {
        let ours = magic.starts_with(MAGIC_OF_ALL);
        return Err(if ours {
            ChestError::Newer
        } else {
            ChestError::Foreign
        });
    }
    let length = u32::from_be_bytes(array(&mut input).map_err(cut)?);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > LONGEST_LABEL {
        return Err(ChestError::Damaged);
    }
    let mut label = vec![0; length];
    input.read_exact(&mut label).map_err(cut)?;
    let lock = Lock::read(&mut input).map_err(cut)?;
    let end = input.stream_position()?;
    file.seek(SeekFrom::Start(end))?;
    Ok((label, lock))
}

/// A file that ends too soon.
fn cut(error: std::io::Error) -> ChestError {
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        ChestError::Damaged
    } else {
        error.into()
    }
}

fn array<const N: usize>(input: &mut impl Read) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Digests what is written to it.
struct Hashing<'a>(&'a mut Sha256);

impl std::io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
