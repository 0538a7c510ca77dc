//! Backups from GraphQL and by schedule, and a restore at the next start.

use chrono::TimeDelta;
use entity::admin::Role;
use proxypal_server::{config::StorageConfig, domain::backups::restore};
use sea_orm::{
    ColumnTrait as _, Database, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::support::{files, filled, start, use_it};
use crate::support::{Caller, ControlPlane, TestApp, TestDatabase, code, eventually, test_context};

async fn admin_of(app: &TestApp) -> Caller {
    let token = app
        .services
        .api_tokens
        .create(test_context(), "script", Role::Owner, None);
    let secret = token.await.unwrap().secret;
    Caller::new(app.address).with_bearer(secret.expose_secret())
}

async fn ask(caller: &Caller, query: &str) -> Value {
    let mut answer = caller.ask(query).await;
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"].take()
}

async fn created(caller: &Caller) -> String {
    let data = ask(
        caller,
        "mutation { createBackup { rows backup { name problem } } }",
    )
    .await;
    let backup = &data["createBackup"]["backup"];
    assert_eq!(backup["problem"], Value::Null);
    assert!(data["createBackup"]["rows"].as_i64().unwrap() > 0);
    backup["name"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_listed_fetched_and_deleted() {
    let app = start(filled().await).await;
    let admin = admin_of(&app).await;
    let last = async || ask(&admin, "{ lastBackupAt }").await["lastBackupAt"].take();
    assert_eq!(last().await, Value::Null);
    let name = created(&admin).await;
    let path = app.database.directory.path().join("backups").join(&name);
    let bytes = std::fs::read(&path).unwrap();

    let listed = ask(
        &admin,
        "{ backups { name size version createdAt problem } }",
    )
    .await;
    let fetch =
        format!("mutation {{ downloadBackup(name: {name:?}) {{ download {{ path fileName }} }} }}");
    let download = ask(&admin, &fetch).await["downloadBackup"]["download"].take();
    let answer = admin.get(download["path"].as_str().unwrap()).await;

    assert_eq!(listed["backups"][0]["name"], name);
    assert_eq!(last().await, listed["backups"][0]["createdAt"]);
    assert_eq!(listed["backups"][0]["size"], bytes.len());
    assert_eq!(listed["backups"][0]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(answer.headers()["content-length"], bytes.len().to_string());
    assert!(answer.bytes().await.unwrap() == bytes);
    for foreign in [
        "../proxypal.db",
        "proxypal-20260101T000000000Z.backup.age",
        "proxypal-20260101T000000000Z.backup.json",
        ".lock",
    ] {
        let fetch =
            format!("mutation {{ downloadBackup(name: {foreign:?}) {{ download {{ path }} }} }}");
        assert_eq!(code(&admin.ask(&fetch).await), "NOT_FOUND", "{foreign}");
    }

    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let listed = ask(&admin, "{ backups { problem } }").await;
    let problem = listed["backups"][0]["problem"].as_str().unwrap();
    assert!(problem.contains("damaged"), "{problem}");
    let delete = format!("mutation {{ deleteBackup(name: {name:?}) {{ name }} }}");
    ask(&admin, &delete).await;
    assert!(files(&app.database).is_empty());
    assert_eq!(last().await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_waits_for_the_next_start() {
    let app = start(filled().await).await;
    let admin = admin_of(&app).await;
    let name = created(&admin).await;
    use_it(&app, "Eve").await;
    let stage = format!(
        "mutation {{ restoreBackup(name: {name:?}) {{ stagedRestore {{ name failure }} }} }}"
    );
    let users = "{ users { nodes { name } } }";

    let staged = ask(&admin, &stage).await;
    assert_eq!(
        staged["restoreBackup"]["stagedRestore"],
        json!({ "name": name, "failure": null })
    );
    assert_eq!(
        ask(&admin, users).await["users"]["nodes"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    ask(
        &admin,
        "mutation { cancelRestore { stagedRestore { name } } }",
    )
    .await;
    let again = start(app.stop().await).await;
    let admin = admin_of(&again).await;
    assert_eq!(
        ask(&admin, users).await["users"]["nodes"]
            .as_array()
            .unwrap()
            .len(),
        2
    );

    ask(&admin, &stage).await;
    let restored = start(again.stop().await).await;
    let admin = admin_of(&restored).await;
    assert_eq!(
        ask(&admin, users).await["users"]["nodes"],
        json!([{ "name": "Ada" }])
    );
    assert_eq!(
        ask(&admin, "{ stagedRestore { name } }").await["stagedRestore"],
        Value::Null
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_fails_at_the_start_changes_nothing_and_reports_the_reason() {
    let app = start(filled().await).await;
    let admin = admin_of(&app).await;
    let name = created(&admin).await;
    let stage =
        format!("mutation {{ restoreBackup(name: {name:?}) {{ stagedRestore {{ name }} }} }}");
    ask(&admin, &stage).await;
    use_it(&app, "Eve").await;
    let home = app.stop().await;
    let path = home.directory.path().join("backups").join(&name);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();

    let again = start(home).await;

    let admin = admin_of(&again).await;
    let data = ask(
        &admin,
        "{ stagedRestore { failure } users { nodes { name } } }",
    )
    .await;
    let failure = data["stagedRestore"]["failure"].as_str().unwrap();
    assert!(failure.contains("damaged or incomplete"), "{failure}");
    assert_eq!(data["users"]["nodes"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_makes_backups_and_keeps_some() {
    let plane = ControlPlane::start().await;
    let (backups, settings) = (&plane.services.backups, &plane.services.settings);
    let due = async || backups.make_if_due(settings).await.unwrap();
    assert_eq!(due().await, None);

    let every_day = settings.update(test_context(), 0, |gateway| {
        gateway.backup_every_hours = 24;
        gateway.backups_kept = 2;
    });
    every_day.await.unwrap();
    let first = due().await.unwrap();
    assert_eq!(due().await, None);
    plane.advance(TimeDelta::hours(23));
    assert_eq!(due().await, None);
    plane.advance(TimeDelta::hours(1));
    let second = due().await.unwrap();
    plane.advance(TimeDelta::hours(30));
    let third = due().await.unwrap();

    let left = backups.list().await.unwrap().into_iter();
    let left: Vec<_> = left.map(|file| file.name).collect();
    assert_eq!(left, [third, second]);
    assert!(!left.contains(&first));
    // A clock that was set back does not stop the backups.
    plane.advance(TimeDelta::days(-30));
    assert!(due().await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_of_one_moment_while_requests_are_counted() {
    let plane = ControlPlane::start().await;
    let (user_id, _) = plane.key_holder("ada").await;
    for _ in 0..20 {
        plane.record(user_id, "gpt-5").await;
    }
    let backups = &plane.services.backups;
    let counting = async {
        loop {
            plane.record(user_id, "gpt-5").await;
        }
    };
    let made = tokio::select! {
        made = backups.create(test_context()) => made.unwrap(),
        () = counting => unreachable!("it counts until it is cancelled"),
    };

    let elsewhere = TestDatabase::empty().await;
    let from = made.path.parent().unwrap().parent().unwrap();
    let key = elsewhere.directory.path().join("encryption.key");
    std::fs::copy(from.join("encryption.key"), key).unwrap();
    let storage = StorageConfig {
        data_dir: elsewhere.directory.path().to_owned(),
        database_url: elsewhere.url.clone().into(),
        encryption_key: None,
        previous_keys: Vec::new(),
    };
    let phrase = "the-phrase-of-the-tests".into();
    let now = plane.services.clock.now();
    restore(&made.path, phrase, &storage, now).await.unwrap();
    let database = Database::connect(&elsewhere.url).await.unwrap();
    let requests = entity::request::Entity::find()
        .count(&database)
        .await
        .unwrap();
    let total = entity::usage_slice::Entity::find()
        .filter(entity::usage_slice::Column::Dimension.eq(entity::usage_slice::Dimension::Total))
        .filter(entity::usage_slice::Column::Period.eq(entity::usage_rollup::Period::Day))
        .all(&database);
    let total: i64 = total.await.unwrap().iter().map(|row| row.requests).sum();

    assert!(requests >= 20);
    assert_eq!(i64::try_from(requests).unwrap(), total);
    eventually("more requests than were saved", async || {
        let all = entity::request::Entity::find()
            .count(plane.db.reader())
            .await
            .unwrap();
        (all > requests).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_phrase_no_backup_is_made() {
    let home = TestDatabase::empty().await;
    let app = TestApp::start(
        crate::support::Options::default().with("--engine=demo"),
        home,
    )
    .await;
    let admin = admin_of(&app).await;

    let refused = admin.ask("mutation { createBackup { rows } }").await;

    assert_eq!(code(&refused), "BAD_USER_INPUT", "{refused}");
    assert!(refused.to_string().contains("BACKUP_PASSPHRASE"));
}
