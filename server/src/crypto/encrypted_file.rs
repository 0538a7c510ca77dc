//! Files encrypted with a passphrase in the age format (age-encryption.org/v1), which the `age` tool decrypts too.

#[cfg(test)]
mod tests;

use std::{
    io::{self, BufRead, ErrorKind, Read, Write},
    iter,
};

use age::{DecryptError, Decryptor, Encryptor, scrypt, stream::StreamWriter};
use secrecy::SecretString;

/// scrypt with N = 2^17, r = 8, p = 1, the minimum that OWASP recommends: 128 MiB for each attempt.
const WORK_FACTOR: u8 = 17;
/// The highest accepted work factor. The memory is 2^n KiB: 512 MiB. The `age` tool writes 18.
const MAX_WORK_FACTOR: u8 = 19;

const MAGIC: &[u8] = b"age-encryption.org/";
/// The beginning of the last line of a header.
const HEADER_END: &[u8] = b"\n---";
/// A header with a passphrase has about 170 bytes. The library itself reads headers of any length into memory.
const MAX_HEADER: usize = 4096;

/// Why a file cannot be decrypted.
#[derive(Debug, thiserror::Error)]
pub enum EncryptedFileError {
    #[error("cannot read the file: {0}")]
    Io(#[from] io::Error),
    #[error("the file is not in the age format (age-encryption.org/v1)")]
    NotAge,
    #[error(
        "the file is encrypted for a key and not with a passphrase; decrypt it with that key and encrypt it with \
         `age --passphrase`"
    )]
    NotPassphrase,
    #[error(
        "the scrypt work factor of the file is {0}, and at most {MAX_WORK_FACTOR} is accepted; if you trust the file, \
         decrypt it and encrypt it again with `age --passphrase`"
    )]
    ExcessiveWork(u8),
    #[error(
        "the passphrase is wrong, or the beginning of the file was changed; use the passphrase that the file was \
         encrypted with"
    )]
    WrongPassphrase,
    #[error("the file is damaged or incomplete; use another copy of it")]
    Damaged,
}

impl EncryptedFileError {
    /// Distinguishes damage of the file from failures of the disk.
    pub fn of_reading(error: io::Error) -> Self {
        if matches!(
            error.kind(),
            ErrorKind::InvalidData | ErrorKind::UnexpectedEof
        ) {
            Self::Damaged
        } else {
            Self::Io(error)
        }
    }
}

/// Encrypts the bytes that are written to it; `finish` must be called after the last. Deriving the key takes some
/// hundred milliseconds.
pub fn encrypt<W: Write>(output: W, passphrase: &SecretString) -> io::Result<StreamWriter<W>> {
    encrypt_with(WORK_FACTOR, output, passphrase)
}

fn encrypt_with<W: Write>(
    work_factor: u8,
    output: W,
    passphrase: &SecretString,
) -> io::Result<StreamWriter<W>> {
    let mut recipient = scrypt::Recipient::new(passphrase.clone());
    recipient.set_work_factor(work_factor);
    let recipients = iter::once(&recipient as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(recipients).map_err(io::Error::other)?;
    encryptor.wrap_output(output)
}

/// Decrypts a file. Deriving the key takes some hundred milliseconds, and seconds at the highest accepted work factor.
/// The errors of the returned reader are to be passed to [`EncryptedFileError::of_reading`].
pub fn decrypt<R: BufRead>(
    mut input: R,
    passphrase: &SecretString,
) -> Result<impl Read + use<R>, EncryptedFileError> {
    check_header(input.fill_buf()?)?;
    let decryptor = Decryptor::new_buffered(input).map_err(translate)?;
    if !decryptor.is_scrypt() {
        return Err(EncryptedFileError::NotPassphrase);
    }
    let mut identity = scrypt::Identity::new(passphrase.clone());
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    let identities = iter::once(&identity as &dyn age::Identity);
    decryptor.decrypt(identities).map_err(translate)
}

fn check_header(start: &[u8]) -> Result<(), EncryptedFileError> {
    let compared = start.len().min(MAGIC.len());
    if start[..compared] != MAGIC[..compared] {
        return Err(EncryptedFileError::NotAge);
    }
    let header = &start[..start.len().min(MAX_HEADER)];
    if header
        .windows(HEADER_END.len())
        .any(|bytes| bytes == HEADER_END)
    {
        Ok(())
    } else if header.len() < MAX_HEADER {
        Err(EncryptedFileError::Damaged)
    } else {
        Err(EncryptedFileError::NotPassphrase)
    }
}

fn translate(error: DecryptError) -> EncryptedFileError {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the library may add variants; every other one is an invalid file"
    )]
    match error {
        DecryptError::Io(error) => EncryptedFileError::of_reading(error),
        DecryptError::ExcessiveWork { required, .. } => EncryptedFileError::ExcessiveWork(required),
        DecryptError::DecryptionFailed
        | DecryptError::KeyDecryptionFailed
        | DecryptError::NoMatchingKeys => EncryptedFileError::WrongPassphrase,
        DecryptError::UnknownFormat => EncryptedFileError::NotAge,
        _ => EncryptedFileError::Damaged,
    }
}
