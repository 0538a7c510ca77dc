//! A chest: a file behind a pass-phrase. Argon2id makes the key, AES-256-GCM seals the content in pieces
//! (the STREAM construction, so none can be dropped, repeated or moved), and everything before the content,
//! the label too, is bound to it.
//!
//! ```text
//! magic ‖ label length ‖ label ‖ lock ‖ pieces of 64 KiB … ‖ SHA-256 of all that
//! ```
//!
//! The label can be read without the pass-phrase, and the checksum finds damage without it.

mod head;
mod open;
mod seal;

pub use self::{
    head::{ChestLabel, inspect},
    open::Opener,
    seal::Sealer,
};

/// The content is sealed in pieces of this many bytes.
const PIECE: usize = 64 * 1024;
/// What sealing adds to each.
const TAG: usize = 16;
const CHECKSUM: usize = 32;

/// Why a chest does not open.
#[derive(Debug, thiserror::Error)]
pub enum ChestError {
    #[error("cannot read it: {0}")]
    Io(#[from] std::io::Error),
    #[error("it is no backup of this server")]
    Foreign,
    #[error("it was made by a newer version of this server")]
    Newer,
    #[error("it is damaged or incomplete: its checksum does not fit")]
    Damaged,
    #[error("the pass-phrase is wrong, or somebody changed the file")]
    Locked,
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        io::{Read as _, Write as _},
        path::Path,
    };

    use secrecy::SecretString;
    use sha2::{Digest as _, Sha256};

    use super::*;

    fn phrase() -> SecretString {
        "a phrase to pass".into()
    }

    fn seal(path: &Path, content: &[u8]) {
        let file = File::create_new(path).unwrap();
        let mut sealer = Sealer::new(file, b"label", &phrase()).unwrap();
        sealer.write_all(content).unwrap();
        sealer.finish().unwrap();
    }

    fn open(path: &Path, phrase: &SecretString) -> Result<Vec<u8>, ChestError> {
        let mut content = Vec::new();
        let mut opener = Opener::new(File::open(path)?, phrase)?;
        opener.read_to_end(&mut content)?;
        Ok(content)
    }

    /// Gives a changed file the right checksum, as somebody who means harm would.
    fn forge(bytes: &mut Vec<u8>) {
        bytes.truncate(bytes.len() - CHECKSUM);
        let checksum = Sha256::digest(&bytes);
        bytes.extend(checksum);
    }

    #[test]
    fn what_was_put_in_comes_out() {
        let directory = tempfile::tempdir().unwrap();
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let content: Vec<u8> = (0..length)
                .map(|at| u8::try_from(at % 251).unwrap())
                .collect();
            let path = directory.path().join(length.to_string());

            seal(&path, &content);

            assert_eq!(inspect(&path).unwrap().0, b"label");
            assert!(open(&path, &phrase()).unwrap() == content, "{length}");
        }
    }

    #[test]
    fn another_phrase_opens_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("chest");
        seal(&path, b"content");

        let opened = open(&path, &"another phrase".into());

        assert!(matches!(opened, Err(ChestError::Locked)));
    }

    #[test]
    fn whatever_is_missing_is_missed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("chest");
        seal(&path, &vec![7; 2 * PIECE + 9]);
        let whole = fs::read(&path).unwrap();

        for left in [0, 4, 40, 90, whole.len() - PIECE, whole.len() - 1] {
            fs::write(&path, &whole[..left]).unwrap();
            let label = inspect(&path);
            assert!(
                matches!(label, Err(ChestError::Damaged | ChestError::Foreign)),
                "{left}: {label:?}"
            );
        }
        // Without its last piece, and with a checksum to match.
        let mut cut = whole[..whole.len() - CHECKSUM - 9 - TAG].to_vec();
        cut.extend([0; CHECKSUM]);
        forge(&mut cut);
        fs::write(&path, &cut).unwrap();
        assert!(inspect(&path).is_ok());
        assert!(open(&path, &phrase()).is_err());
    }

    #[test]
    fn whatever_is_changed_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("chest");
        seal(&path, &vec![7; PIECE + 9]);
        let whole = fs::read(&path).unwrap();

        for at in [9, 12, 14, 18, 30, 60, whole.len() - CHECKSUM - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&path, &changed).unwrap();
            assert!(inspect(&path).is_err(), "{at}");
            forge(&mut changed);
            fs::write(&path, &changed).unwrap();
            assert!(open(&path, &phrase()).is_err(), "{at}");
        }
    }

    #[test]
    fn a_chest_cannot_ask_for_all_memory() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("chest");
        seal(&path, b"content");
        let mut greedy = fs::read(&path).unwrap();
        // After magic, length and label: how much memory the key takes.
        greedy[17..21].copy_from_slice(&u32::MAX.to_be_bytes());
        forge(&mut greedy);
        fs::write(&path, &greedy).unwrap();

        assert!(matches!(open(&path, &phrase()), Err(ChestError::Newer)));
    }
}
