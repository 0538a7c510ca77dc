//! Backups: whole, sealed, restored on either database, or not at all.

mod control;
pub(crate) mod house;

use std::{
    collections::BTreeSet,
    io::Write as _,
    path::{Path, PathBuf},
};

use proxypal_server::{
    crypto::chest::{ChestLabel, Opener, Sealer, inspect},
    domain::backups::tables,
};
use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement};
use tokio::process::Command;

use self::house::{
    PHRASE, PROVIDER_KEY, backup, backup_with, changed, create, everything, files, filled, settled,
    start, use_it,
};
use crate::support::{
    TestDatabase,
    server::{ENCRYPTION_KEY, bare_server, run},
};

/// A database of the other sort than the tests run on, if there is one: an SQLite file.
fn sqlite() -> TestDatabase {
    let directory = tempfile::tempdir().unwrap();
    let url = format!(
        "sqlite://{}?mode=rwc",
        directory.path().join("other.db").display()
    );
    TestDatabase { directory, url }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_in_a_backup() {
    let home = filled().await;
    let database = Database::connect(&home.url).await.unwrap();
    let backend = database.get_database_backend();
    let query = if backend == DbBackend::Postgres {
        "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'"
    } else {
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    };
    let rows = database.query_all_raw(Statement::from_string(backend, query));
    let rows = rows.await.unwrap();
    let there: BTreeSet<String> = rows
        .iter()
        .map(|row| row.try_get("", "name").unwrap())
        .collect();

    let mut saved: BTreeSet<String> = tables().into_iter().map(str::to_owned).collect();
    saved.insert("seaql_migrations".to_owned());

    assert_eq!(saved, there);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_saved_beside_a_running_server_comes_back_and_nothing_else() {
    let app = start(filled().await).await;
    app.engine_is(proxypal_server::engine::EngineState::Running)
        .await;
    let key = use_it(&app, "Grace").await;
    let before = settled(&app.database).await;
    let made = create(&app.database).await;
    use_it(&app, "Eve").await;
    let home = app.stop().await;

    let restored = backup(&home, &["restore", text(&made)]).await;

    assert_eq!(restored.code, Some(0), "{}", restored.said);
    assert_eq!(everything(&home).await, before);
    assert!(restored.said.contains("is kept as"), "{}", restored.said);
    // The keys still open, the accounts still unseal, and requests still count.
    let again = start(home).await;
    assert!(!before.iter().any(|row| row.contains("Eve")));
    assert!(
        again
            .services
            .api_keys
            .ring()
            .find(key.as_bytes())
            .is_some()
    );
    let accounts = again
        .services
        .provider_accounts
        .credentials()
        .await
        .unwrap();
    assert_eq!(accounts.len(), 1);
    use_it(&again, "Eve").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_restores_on_the_other_database_and_back() {
    let home = filled().await;
    let before = everything(&home).await;
    let made = create(&home).await;
    let other = sqlite();

    let there = backup(&other, &["restore", text(&made)]).await;
    assert_eq!(there.code, Some(0), "{}", there.said);
    assert_eq!(everything(&other).await, before);
    let made = create(&other).await;
    let empty = TestDatabase::create().await;
    let back = backup(&empty, &["restore", text(&made)]).await;

    assert_eq!(back.code, Some(0), "{}", back.said);
    assert!(!back.said.contains("is kept as"), "{}", back.said);
    assert_eq!(everything(&empty).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_shows_nothing_and_keeps_sealed_what_was_sealed() {
    let home = filled().await;
    let made = create(&home).await;
    let sealed = std::fs::read(&made).unwrap();
    let holds = |bytes: &[u8], text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };

    let file = std::fs::File::open(&made).unwrap();
    let opener = Opener::new(file, &PHRASE.into()).unwrap();
    let content = zstd::decode_all(opener).unwrap();

    for secret in ["Ada", PROVIDER_KEY, PHRASE, ENCRYPTION_KEY] {
        assert!(!holds(&sealed, secret), "{secret}");
    }
    assert!(holds(&content, "Ada"));
    for secret in [PROVIDER_KEY, PHRASE, ENCRYPTION_KEY] {
        assert!(!holds(&content, secret), "{secret}");
    }
    let permissions = std::fs::metadata(&made).unwrap().permissions();
    let bits = std::os::unix::fs::PermissionsExt::mode(&permissions);
    assert_eq!(bits & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_are_listed_and_checked() {
    let home = filled().await;
    let made = create(&home).await;
    let name = made.file_name().unwrap().to_str().unwrap();

    let whole = backup(&home, &["list"]).await;
    let verified = backup(&home, &["verify", name]).await;
    assert!(
        whole.said.contains(name) && whole.said.contains("by version"),
        "{}",
        whole.said
    );
    assert_eq!(verified.code, Some(0), "{}", verified.said);
    assert!(
        verified.said.contains("verified by a trial restore"),
        "{}",
        verified.said
    );

    let mut bytes = std::fs::read(&made).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&made, bytes).unwrap();
    let damaged = backup(&home, &["list"]).await;
    let verified = backup(&home, &["verify", name]).await;
    assert!(
        damaged.said.contains("INVALID: it is damaged"),
        "{}",
        damaged.said
    );
    assert_eq!(verified.code, Some(1));
    assert_eq!(files(&home), [name]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_an_older_server_is_brought_up_to_date() {
    let home = filled().await;
    let made = create(&home).await;
    let ChestLabel(label) = inspect(&made).unwrap();
    let mut older: serde_json::Value = serde_json::from_slice(&label).unwrap();
    older["steps"].as_array_mut().unwrap().truncate(9);
    let opener = Opener::new(std::fs::File::open(&made).unwrap(), &PHRASE.into()).unwrap();
    let content = String::from_utf8(zstd::decode_all(opener).unwrap()).unwrap();
    let table = |line: &&str| line.starts_with("{\"table\"");
    let secret = content
        .lines()
        .skip_while(|line| !line.contains("\"name\":\"secret\""));
    let secret: Vec<&str> = secret.take(2).collect();
    assert_eq!(secret.iter().filter(|line| table(line)).count(), 1);
    let lines = format!("{}\n{{\"end\":[[\"secret\",1]]}}\n", secret.join("\n"));
    let path = made.with_file_name("older");
    forged(&path, older.to_string().as_bytes(), &lines);

    let restored = backup(&home, &["restore", text(&path)]).await;

    assert_eq!(restored.code, Some(0), "{}", restored.said);
    let rows = everything(&home).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    start(home).await;
}

/// Writes a backup of our own making: this label, these lines.
fn forged(path: &Path, label: &[u8], lines: &str) {
    let file = std::fs::File::create(path).unwrap();
    let sealer = Sealer::new(file, label, &PHRASE.into()).unwrap();
    let mut output = zstd::Encoder::new(sealer, 1).unwrap();
    output.write_all(lines.as_bytes()).unwrap();
    output.finish().unwrap().finish().unwrap();
}

/// What is refused: the file, what is different around it, and what is said.
type Refused = (PathBuf, (&'static str, String), &'static str);

fn what_is_refused(made: &Path) -> Vec<Refused> {
    let forged = what_was_forged(made).into_iter();
    let forged = forged.map(|(path, said)| (path, ("A", String::new()), said));
    let other_key = ENCRYPTION_KEY.replace("ca4a", "0000");
    let mut refused = vec![
        (
            made.to_owned(),
            ("BACKUP_PASSPHRASE", "another phrase".to_owned()),
            "pass-phrase is wrong",
        ),
        (
            made.to_owned(),
            ("ENCRYPTION_KEY", other_key),
            "ENCRYPTION_KEY is not the key",
        ),
        (
            changed(made, |bytes| bytes.truncate(bytes.len() - 100)),
            ("A", String::new()),
            "damaged or incomplete",
        ),
        (
            made.with_extension("nothing"),
            ("A", String::new()),
            "cannot read it",
        ),
    ];
    refused.extend(forged);
    refused
}

/// Backups of our own making, with the right pass-phrase.
fn what_was_forged(made: &Path) -> Vec<(PathBuf, &'static str)> {
    let ChestLabel(label) = inspect(made).unwrap();
    let mut newer: serde_json::Value = serde_json::from_slice(&label).unwrap();
    newer["steps"]
        .as_array_mut()
        .unwrap()
        .push("m2099_tables_of_tomorrow".into());
    let forge = |name: &str, label: &[u8], lines: &str| {
        let path = made.with_file_name(name);
        forged(&path, label, lines);
        path
    };
    let setting =
        r#"{"table":{"name":"setting","columns":["key","value","version","updated_at"]}}"#;
    vec![
        (
            forge("newer", newer.to_string().as_bytes(), ""),
            "newer version of this server",
        ),
        (forge("short", &label, setting), "ends too soon"),
        (
            forge("lacking", &label, "{\"end\":[[\"user\",1]]}\n"),
            "lacks rows",
        ),
        (
            forge(
                "odd",
                &label,
                &format!("{setting}\n{{\"row\":[{{\"t\":\"a\"}}]}}\n"),
            ),
            "does not fit setting",
        ),
        (forge("noise", &label, "noise\n"), "a line that is none"),
        (
            forge(
                "foreign",
                &label,
                "{\"table\":{\"name\":\"seaql_migrations\",\"columns\":[\"x\"]}}\n{\"row\":[{\"t\":\"a\"}]}\n{\"end\":[]}\n",
            ),
            "cannot write the rows",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_restored_changes_nothing() {
    let home = filled().await;
    let before = everything(&home).await;
    let made = create(&home).await;

    for (path, (name, value), expected) in what_is_refused(&made) {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_keeps_its_database() {
    let home = filled().await;
    let made = create(&home).await;
    let app = start(home).await;

    let refused = backup(&app.database, &["restore", text(&made)]).await;

    assert_eq!(refused.code, Some(1));
    assert!(refused.said.contains("stop it first"), "{}", refused.said);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_key_a_backup_is_not_restored_and_no_key_is_made() {
    let home = filled().await;
    let made = create(&home).await;
    let elsewhere = TestDatabase::create().await;

    let refused = run(bare_server(&elsewhere)
        .env("BACKUP_PASSPHRASE", PHRASE)
        .args(["backup", "restore", text(&made)]))
    .await;

    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("ENCRYPTION_KEY is not set"), "{said}");
    assert!(!elsewhere.directory.path().join("encryption.key").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_leaves_nothing_behind() {
    let app = start(filled().await).await;
    let program = env!("CARGO_BIN_EXE_proxypal-server");

    // The server keeps the files of the database open; the command may write less than a backup needs, or
    // enough for the backup and too little for the scratch database.
    for (blocks, expected) in [
        ("1", "cannot write the backup"),
        ("48", "cannot be restored"),
    ] {
        let mut command = Command::new("bash");
        command
            .args([
                "-c",
                "trap '' XFSZ; ulimit -f $0; exec \"$@\"",
                blocks,
                program,
                "backup",
                "create",
            ])
            .env_clear()
            .env("DATA_DIR", app.database.directory.path())
            .env("DATABASE_URL", &app.database.url)
            .env("BACKUP_PASSPHRASE", PHRASE);
        let ended = run(&mut command).await;

        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{blocks}: {said}");
        assert!(said.contains(expected), "{blocks}: {said}");
        assert!(files(&app.database).is_empty(), "{blocks}: {said}");
    }
    create(&app.database).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_backup_has_left_goes_with_the_next() {
    let home = filled().await;
    let directory = home.directory.path().join("backups");
    std::fs::create_dir(&directory).unwrap();
    for name in [
        ".proxypal-20260101T000000000Z.backup.partial",
        ".scratch.db",
        ".scratch.db-wal",
    ] {
        std::fs::write(directory.join(name), "half of it").unwrap();
    }

    let made = create(&home).await;

    assert_eq!(files(&home), [made.file_name().unwrap().to_str().unwrap()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phrase_that_is_too_short_seals_nothing() {
    let home = filled().await;

    let refused = backup_with(&home, &["create"], &[("BACKUP_PASSPHRASE", "short")]).await;

    assert_eq!(refused.code, Some(64));
    assert!(
        refused.said.contains("at least 12 characters"),
        "{}",
        refused.said
    );
    assert!(files(&home).is_empty());
}
