//! Every length, cut, change, passphrase and header.

use super::*;

const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
const NONCE: usize = 16;

fn passphrase() -> SecretString {
    "four or five random words".into()
}

/// A file that is cheap to decrypt.
fn encrypted(content: &[u8]) -> Vec<u8> {
    let mut writer = encrypt_with(4, Vec::new(), &passphrase()).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap()
}

fn decrypted(file: &[u8]) -> Result<Vec<u8>, EncryptedFileError> {
    decrypted_with(file, &passphrase())
}

fn decrypted_with(file: &[u8], passphrase: &SecretString) -> Result<Vec<u8>, EncryptedFileError> {
    let mut content = Vec::new();
    let mut reader = decrypt(file, passphrase)?;
    reader
        .read_to_end(&mut content)
        .map_err(EncryptedFileError::of_reading)?;
    Ok(content)
}

fn header_length(file: &[u8]) -> usize {
    let end = file.windows(4).position(|bytes| bytes == HEADER_END);
    let end = end.unwrap() + 1;
    end + 1 + file[end..].iter().position(|byte| *byte == b'\n').unwrap()
}

/// The same file with another scrypt work factor in its header.
fn with_work_factor(file: &[u8], factor: &str) -> Vec<u8> {
    let line = file.windows(3).position(|bytes| bytes == b" 4\n").unwrap();
    [&file[..=line], factor.as_bytes(), &file[line + 2..]].concat()
}

#[test]
fn content_of_every_length_is_decrypted_again() {
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
        let content: Vec<u8> = (0..length)
            .map(|at| u8::try_from(at % 251).unwrap())
            .collect();
        let file = encrypted(&content);

        assert!(file.starts_with(b"age-encryption.org/v1\n-> scrypt "));
        assert!(decrypted(&file).unwrap() == content, "{length}");
    }
}

#[test]
fn encryption_uses_the_recommended_work_factor() {
    let file = encrypt(Vec::new(), &passphrase()).unwrap();
    let file = file.finish().unwrap();

    let header = String::from_utf8_lossy(&file[..header_length(&file)]).into_owned();
    assert!(header.contains(" 17\n"), "{header}");
    assert!(decrypted(&file).unwrap().is_empty());
}

#[test]
fn another_passphrase_is_refused() {
    let file = encrypted(b"content");

    for other in ["", "four or five random word", "four or five random words "] {
        let refused = decrypted_with(&file, &other.into());
        assert!(
            matches!(refused, Err(EncryptedFileError::WrongPassphrase)),
            "{other:?}: {refused:?}"
        );
    }
}

#[test]
fn a_file_that_ends_early_is_incomplete_wherever_it_ends() {
    let file = encrypted(&vec![7; 2 * CHUNK + 9]);
    let payload = header_length(&file) + NONCE;
    let chunk = CHUNK + TAG;
    // Every place in the header, the nonce and the first bytes of the first chunk; around the ends of the
    // chunks; in the last chunk.
    let early = 0..payload + TAG + 2;
    let ends = [payload + chunk, payload + 2 * chunk];
    let around = ends
        .into_iter()
        .flat_map(|end| end - TAG - 1..=end + TAG + 1);
    let late = file.len() - TAG - 9..file.len();

    for length in early.chain(around).chain(late) {
        let refused = decrypted(&file[..length]);
        assert!(
            matches!(refused, Err(EncryptedFileError::Damaged)),
            "{length} of {}: {refused:?}",
            file.len()
        );
    }
}

#[test]
fn a_changed_or_longer_file_is_refused() {
    let file = encrypted(&vec![7; CHUNK + 9]);
    let payload = header_length(&file);
    let places = (0..=payload + NONCE).chain([payload + CHUNK, file.len() - 1]);

    for at in places {
        let mut changed = file.clone();
        changed[at] ^= 1;
        assert!(decrypted(&changed).is_err(), "{at}");
    }
    let longer = [&file[..], b"\0"].concat();
    assert!(matches!(
        decrypted(&longer),
        Err(EncryptedFileError::Damaged)
    ));
    let two_chunks = CHUNK + TAG;
    let start = payload + NONCE;
    let without_first = [&file[..start], &file[start + two_chunks..]].concat();
    assert!(matches!(
        decrypted(&without_first),
        Err(EncryptedFileError::Damaged)
    ));
}

#[test]
fn a_file_cannot_demand_unlimited_memory_or_time() {
    let file = encrypted(b"content");

    for factor in ["20", "22", "30", "63", "64", "255"] {
        let refused = decrypted(&with_work_factor(&file, factor));
        assert!(
            matches!(refused, Err(EncryptedFileError::ExcessiveWork(required)) if required.to_string() == factor),
            "{factor}: {refused:?}"
        );
    }
    for factor in ["0", "04", "256", "99999999999999999999", "-1", "x"] {
        let refused = decrypted(&with_work_factor(&file, factor));
        assert!(refused.is_err(), "{factor}: {refused:?}");
    }
}

#[test]
fn a_header_cannot_be_endless() {
    let endless = [
        &b"age-encryption.org/v1\n-> scrypt "[..],
        &vec![b'a'; 100_000],
    ]
    .concat();

    let refused = decrypted(&endless);

    assert!(
        matches!(refused, Err(EncryptedFileError::NotPassphrase)),
        "{refused:?}"
    );
}

#[test]
fn other_files_are_named() {
    for other in [
        &b"SQLite format 3\0"[..],
        b"age-encryption.com/v1\n-> scrypt a 4\n--- \n",
        b"-----BEGIN AGE ENCRYPTED FILE-----\n",
        b"age-encryption.org/v2\n-> scrypt a 4\n--- \n",
    ] {
        let refused = decrypted(other);
        assert!(
            matches!(refused, Err(EncryptedFileError::NotAge)),
            "{refused:?}"
        );
    }
    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public();
    let recipients = iter::once(&recipient as &dyn age::Recipient);
    let file = Encryptor::with_recipients(recipients).unwrap();
    let file = file.wrap_output(Vec::new()).unwrap().finish().unwrap();

    let refused = decrypted(&file);

    assert!(
        matches!(refused, Err(EncryptedFileError::NotPassphrase)),
        "{refused:?}"
    );
}
