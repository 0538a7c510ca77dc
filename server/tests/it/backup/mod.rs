//! Backups: encrypted, complete, restored on either database, or not at all.

mod control;
mod format;
pub(crate) mod support;

use std::{collections::BTreeSet, path::Path};

use proxypal_server::domain::backups::tables;
use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement};
use tokio::process::Command;

use self::support::{
    PHRASE, backup, backup_with, create, everything, files, filled, names_of, settled, start,
    use_it,
};
use crate::support::{
    TestDatabase,
    server::{bare_server, run},
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
    let empty = TestDatabase::empty().await;
    let back = backup(&empty, &["restore", text(&made)]).await;

    assert_eq!(back.code, Some(0), "{}", back.said);
    assert!(!back.said.contains("is kept as"), "{}", back.said);
    assert_eq!(everything(&empty).await, before);
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
        damaged.said.contains("INVALID: the backup is damaged"),
        "{}",
        damaged.said
    );
    assert_eq!(verified.code, Some(1));
    assert_eq!(files(&home), names_of(&made));
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
    let elsewhere = TestDatabase::empty().await;

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
        ".proxypal-20260101T000000000Z.backup.age.partial",
        ".proxypal-20260101T000000000Z.backup.age.json.partial",
        ".scratch.db",
        ".scratch.db-wal",
    ] {
        std::fs::write(directory.join(name), "half of it").unwrap();
    }

    let made = create(&home).await;

    assert_eq!(files(&home), names_of(&made));
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
