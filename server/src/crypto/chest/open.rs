//! Reading a chest.

use std::{
    fs::File,
    io::{self, Read},
};

use aead_stream::DecryptorBE32;
use aes_gcm::{Aes256Gcm, aead::Payload};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{
    ChestError, PIECE, TAG,
    head::{self, Head},
};

/// A chest that is being read. Nothing comes out of it that was not put in.
pub struct Opener {
    file: File,
    bond: [u8; 32],
    /// Gone after the last piece.
    decryptor: Option<DecryptorBE32<Aes256Gcm>>,
    /// Sealed bytes that were not read.
    left: u64,
    piece: Zeroizing<Vec<u8>>,
    /// How much of the piece was handed out.
    taken: usize,
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Opener(…)")
    }
}

impl Opener {
    /// Checks the checksum, then the pass-phrase with the first piece. Takes half a second and reads the
    /// file once.
    pub fn new(mut file: File, phrase: &SecretString) -> Result<Self, ChestError> {
        let Head {
            lock, bond, length, ..
        } = head::check(&mut file)?;
        let decryptor = DecryptorBE32::from_aead(lock.cipher(phrase)?, &lock.nonce.into());
        let mut opener = Self {
            file,
            bond,
            decryptor: Some(decryptor),
            left: length,
            piece: Zeroizing::default(),
            taken: 0,
        };
        opener.next()?;
        Ok(opener)
    }

    fn next(&mut self) -> Result<(), ChestError> {
        let most = (PIECE + TAG) as u64;
        let mut sealed = Vec::with_capacity(PIECE + TAG);
        self.file
            .by_ref()
            .take(most.min(self.left))
            .read_to_end(&mut sealed)?;
        self.left -= sealed.len() as u64;
        let payload = Payload {
            msg: &sealed,
            aad: &self.bond,
        };
        let opened = if self.left == 0 {
            let last = self.decryptor.take();
            last.and_then(|last| last.decrypt_last(payload).ok())
        } else {
            let decryptor = self.decryptor.as_mut();
            decryptor.and_then(|some| some.decrypt_next(payload).ok())
        };
        self.piece = Zeroizing::new(opened.ok_or(ChestError::Locked)?);
        self.taken = 0;
        Ok(())
    }
}

impl Read for Opener {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.piece.len() {
            if self.decryptor.is_none() {
                return Ok(0);
            }
            self.next().map_err(io::Error::other)?;
        }
        let rest = &self.piece[self.taken..];
        let given = rest.len().min(buffer.len());
        buffer[..given].copy_from_slice(&rest[..given]);
        self.taken += given;
        Ok(given)
    }
}
