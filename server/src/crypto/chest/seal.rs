//! Filling a chest.

use std::io::{self, Write};

use aead_stream::EncryptorBE32;
use aes_gcm::{Aes256Gcm, aead::Payload};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

use super::{
    ChestError, PIECE,
    head::{self, Lock},
};

/// A chest that is being filled. It is none until [`Sealer::finish`].
pub struct Sealer<W> {
    output: W,
    hash: Sha256,
    bond: [u8; 32],
    encryptor: EncryptorBE32<Aes256Gcm>,
    /// What is not sealed yet; never a whole piece, unless it may be the last.
    piece: Vec<u8>,
}

impl<W> std::fmt::Debug for Sealer<W> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Sealer(…)")
    }
}

impl<W: Write> Sealer<W> {
    /// Begins with a label that everybody may read. Takes half a second.
    pub fn new(output: W, label: &[u8], phrase: &SecretString) -> Result<Self, ChestError> {
        let lock = Lock::new();
        let head = head::write(label, &lock)?;
        let cipher = lock.cipher(phrase)?;
        let mut sealer = Self {
            output,
            hash: Sha256::new(),
            bond: Sha256::digest(&head).into(),
            encryptor: EncryptorBE32::from_aead(cipher, &lock.nonce.into()),
            piece: Vec::with_capacity(PIECE),
        };
        sealer.put(&head)?;
        Ok(sealer)
    }

    /// Seals the rest, and ends with the checksum.
    pub fn finish(self) -> io::Result<W> {
        let Self {
            mut output,
            mut hash,
            bond,
            encryptor,
            piece,
        } = self;
        let last = Payload {
            msg: &piece,
            aad: &bond,
        };
        let sealed = encryptor.encrypt_last(last).map_err(too_long)?;
        hash.update(&sealed);
        output.write_all(&sealed)?;
        output.write_all(&hash.finalize())?;
        output.flush()?;
        Ok(output)
    }

    fn seal(&mut self) -> io::Result<()> {
        let next = Payload {
            msg: &self.piece,
            aad: &self.bond,
        };
        let sealed = self.encryptor.encrypt_next(next).map_err(too_long)?;
        self.piece.clear();
        self.put(&sealed)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.output.write_all(bytes)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.piece.len() == PIECE {
            self.seal()?;
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// What is not a whole piece stays here.
    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

fn too_long(_: aes_gcm::aead::Error) -> io::Error {
    io::Error::other("there is too much for one chest")
}
