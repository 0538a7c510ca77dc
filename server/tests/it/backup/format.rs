//! The format of backups: age, with a passphrase. Files of other kinds, damaged and forged files are refused before
//! anything is replaced.

use std::{
    fs::{self, File},
    io::{BufReader, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use proxypal_server::crypto::encrypted_file;
use serde_json::{Value, json};

use super::{
    support::{
        PHRASE, PROVIDER_KEY, backup, backup_with, changed, create, everything, filled, start,
    },
    text,
};
use crate::support::server::ENCRYPTION_KEY;

/// The content of a backup, decrypted and decompressed.
fn content_of(backup: &Path) -> Vec<u8> {
    let file = BufReader::new(File::open(backup).unwrap());
    zstd::decode_all(encrypted_file::decrypt(file, &PHRASE.into()).unwrap()).unwrap()
}

/// The header in the first line of a backup.
fn header_of(backup: &Path) -> Value {
    let content = content_of(backup);
    let line = content.split(|byte| *byte == b'\n').next().unwrap();
    let mut line: Value = serde_json::from_slice(line).unwrap();
    line["header"].take()
}

/// Writes a file in the format of backups with this content.
fn forge(path: &Path, content: &str) {
    let encrypted = encrypted_file::encrypt(File::create(path).unwrap(), &PHRASE.into()).unwrap();
    let mut output = zstd::Encoder::new(encrypted, 1).unwrap();
    output.write_all(content.as_bytes()).unwrap();
    output.finish().unwrap().finish().unwrap();
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_shows_nothing_and_keeps_sealed_what_was_sealed() {
    let home = filled().await;
    let made = create(&home).await;
    let encrypted = fs::read(&made).unwrap();
    let description = fs::read(made.with_extension("json")).unwrap();
    let content = content_of(&made);

    assert!(encrypted.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    // Long enough not to be there by chance.
    let of_content = "allowed_models";
    for secret in [of_content, PROVIDER_KEY, PHRASE, ENCRYPTION_KEY] {
        assert!(!holds(&encrypted, secret), "{secret}");
        assert!(!holds(&description, secret), "{secret}");
    }
    assert!(holds(&content, of_content));
    for secret in [PROVIDER_KEY, PHRASE, ENCRYPTION_KEY] {
        assert!(!holds(&content, secret), "{secret}");
    }
    for file in [&made, &made.with_extension("json")] {
        let permissions = fs::metadata(file).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, 0o600, "{}", file.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_without_its_description_is_listed_and_restored() {
    let home = filled().await;
    let before = everything(&home).await;
    let made = create(&home).await;
    fs::remove_file(made.with_extension("json")).unwrap();

    let listed = backup(&home, &["list"]).await;
    let restored = backup(&home, &["restore", text(&made)]).await;

    assert!(!listed.said.contains("INVALID"), "{}", listed.said);
    assert!(listed.said.contains("`backup verify`"), "{}", listed.said);
    assert_eq!(restored.code, Some(0), "{}", restored.said);
    assert_eq!(everything(&home).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_description_does_not_prevent_a_restore() {
    let home = filled().await;
    let before = everything(&home).await;
    let made = create(&home).await;
    let description = made.with_extension("json");

    let mut of_another: Value = serde_json::from_slice(&fs::read(&description).unwrap()).unwrap();
    of_another["sha256"] = json!("00");
    for (text, expected) in [
        ("{\"format\":", "is damaged; delete it"),
        (&of_another.to_string(), "its checksum does not match"),
    ] {
        fs::write(&description, text).unwrap();
        let listed = backup(&home, &["list"]).await;
        assert!(listed.said.contains("INVALID: "), "{}", listed.said);
        assert!(listed.said.contains(expected), "{}", listed.said);
    }
    let restored = backup(&home, &["restore", text(&made)]).await;

    assert_eq!(restored.code, Some(0), "{}", restored.said);
    assert_eq!(everything(&home).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_an_older_server_is_brought_up_to_date() {
    let home = filled().await;
    let made = create(&home).await;
    let mut older = header_of(&made);
    older["steps"].as_array_mut().unwrap().truncate(9);
    let content = String::from_utf8(content_of(&made)).unwrap();
    let table = |line: &&str| line.starts_with("{\"table\"");
    let secret = content
        .lines()
        .skip_while(|line| !line.contains("\"name\":\"secret\""));
    let secret: Vec<&str> = secret.take(2).collect();
    assert_eq!(secret.iter().filter(|line| table(line)).count(), 1);
    let lines = format!("{}\n{{\"end\":[[\"secret\",1]]}}\n", secret.join("\n"));
    let path = made.with_file_name("older");
    forge(&path, &format!("{}\n{lines}", json!({ "header": older })));

    let restored = backup(&home, &["restore", text(&path)]).await;

    assert_eq!(restored.code, Some(0), "{}", restored.said);
    let rows = everything(&home).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    start(home).await;
}

/// A refused restore: the file, the changed environment, and the error.
type Refused = (PathBuf, (&'static str, String), &'static str);

fn refused_files(made: &Path) -> Vec<Refused> {
    let other_key = ENCRYPTION_KEY.replace("ca4a", "0000");
    let mut refused = vec![
        (
            made.to_owned(),
            ("BACKUP_PASSPHRASE", "another phrase".to_owned()),
            "passphrase is wrong",
        ),
        (
            made.to_owned(),
            ("ENCRYPTION_KEY", other_key),
            "ENCRYPTION_KEY is not the key",
        ),
    ];
    let right = |(path, said)| (path, ("A", String::new()), said);
    refused.extend(changed_files(made).into_iter().map(right));
    refused.extend(forged_files(made).into_iter().map(right));
    refused
}

/// Files of other kinds, and copies that were cut or changed.
fn changed_files(made: &Path) -> Vec<(PathBuf, &'static str)> {
    let cut = |ending: &str, length: usize| changed(made, ending, |bytes| bytes.truncate(length));
    let length = fs::metadata(made).unwrap().len();
    let length = usize::try_from(length).unwrap();
    let written = |name: &str, bytes: &[u8]| {
        let path = made.with_file_name(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let demanding = changed(made, "demanding", |bytes| {
        let at = bytes.windows(4).position(|bytes| bytes == b" 17\n");
        let at = at.unwrap() + 1;
        bytes[at..at + 2].copy_from_slice(b"40");
    });
    let flipped = changed(made, "flipped", |bytes| bytes[length / 2] ^= 1);
    vec![
        (cut("half", length / 2), "damaged or incomplete"),
        (cut("last", length - 1), "damaged or incomplete"),
        (flipped, "damaged or incomplete"),
        (demanding, "scrypt work factor of the file is 40"),
        (
            written("former.backup", b"PPCHEST1\0\0\0\x02{}"),
            "restore it with the version that created it",
        ),
        (
            written("other.db", b"SQLite format 3\0"),
            "not in the age format",
        ),
        (made.with_extension("missing"), "cannot read"),
    ]
}

/// Files that are encrypted with the right passphrase.
fn forged_files(made: &Path) -> Vec<(PathBuf, &'static str)> {
    let header = header_of(made);
    let with = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        json!({ "header": header }).to_string()
    };
    let mut steps = header["steps"].clone();
    steps
        .as_array_mut()
        .unwrap()
        .push("m2099_tables_of_tomorrow".into());
    let forge = |name: &str, content: String| {
        let path = made.with_file_name(name);
        forge(&path, &content);
        path
    };
    let lines = |name: &str, lines: &str| {
        let header = json!({ "header": header });
        forge(name, format!("{header}\n{lines}"))
    };
    let newer = "newer version of this server";
    let foreign = "not a backup of this server";
    let setting =
        r#"{"table":{"name":"setting","columns":["key","value","version","updated_at"]}}"#;
    let odd = format!("{setting}\n{{\"row\":[{{\"t\":\"a\"}}]}}\n");
    let migrations = r#"{"table":{"name":"seaql_migrations","columns":["x"]}}
{"row":[{"t":"a"}]}
{"end":[]}
"#;
    vec![
        (forge("newer", with("steps", steps)), newer),
        (forge("format", with("format", json!(3))), newer),
        (
            forge("future", r#"{"header":{"format":3}}"#.to_owned()),
            newer,
        ),
        (forge("nothing", String::new()), foreign),
        (forge("headless", format!("{setting}\n")), foreign),
        (lines("short", setting), "has no end"),
        (lines("lacking", "{\"end\":[[\"user\",1]]}\n"), "lacks rows"),
        (
            lines("long", "{\"end\":[]}\n{\"end\":[]}\n"),
            "after its end",
        ),
        (lines("odd", &odd), "does not fit setting"),
        (lines("noise", "noise\n"), "an invalid line"),
        (lines("foreign", migrations), "cannot write the rows"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_restored_changes_nothing() {
    let home = filled().await;
    let before = everything(&home).await;
    let made = create(&home).await;

    for (path, (name, value), expected) in refused_files(&made) {
        let refused =
            backup_with(&home, &["restore", text(&path)], &[(name, value.as_str())]).await;

        assert_eq!(refused.code, Some(1), "{expected}: {}", refused.said);
        assert!(
            refused.said.contains(expected),
            "{expected}: {}",
            refused.said
        );
        assert_eq!(everything(&home).await, before, "{expected}");
    }
    let names = home.directory.path().read_dir().unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<_> = names.filter(|name| name.contains("restor")).collect();
    assert!(left.is_empty(), "{left:?}");
    start(home).await;
}
