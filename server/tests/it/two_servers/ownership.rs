//! The ownership of a PostgreSQL database after its lock was lost.

use proxypal_server::{db::Database, domain::users::NewUser};
use sea_orm::{ConnectionTrait as _, DbBackend, EntityTrait as _, Statement};

use super::is_postgres;
use crate::support::{Options, TestApp, TestDatabase, eventually, test_context};

const LOCK_SESSIONS: &str = "FROM pg_stat_activity WHERE datname = current_database() \
     AND application_name LIKE 'proxypal-server % lock'";

async fn number(home: &TestDatabase, query: &str) -> Option<i64> {
    let connection = sea_orm::Database::connect(&home.url).await.unwrap();
    let query = Statement::from_string(DbBackend::Postgres, query);
    let row = connection.query_one_raw(query).await.unwrap().unwrap();
    let number = row.try_get_by_index(0).unwrap();
    connection.close().await.unwrap();
    number
}

/// Ends the connection that holds the lock, as PostgreSQL does when it restarts.
pub(super) async fn end_lock(home: &TestDatabase) {
    let end = format!("SELECT count(pg_terminate_backend(pid)) {LOCK_SESSIONS}");
    number(home, &end).await;
}

/// The process of PostgreSQL that holds the lock.
pub(super) async fn lock_holder(home: &TestDatabase) -> Option<i64> {
    let query = format!(
        "SELECT max(pid)::bigint {LOCK_SESSIONS} AND pid IN \
         (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)"
    );
    number(home, &query).await
}

fn user(name: &str) -> NewUser {
    NewUser {
        name: name.to_owned(),
        ..NewUser::default()
    }
}

async fn start(home: TestDatabase) -> TestApp {
    TestApp::start(Options::default().with("--engine=demo"), home).await
}

#[tokio::test]
async fn a_lock_whose_connection_ends_is_regained() {
    let home = TestDatabase::create().await;
    if !is_postgres(&home) {
        return;
    }
    let app = start(home).await;
    let before = lock_holder(&app.database).await.unwrap();

    end_lock(&app.database).await;
    eventually("another connection with the lock", async || {
        let holder = lock_holder(&app.database).await?;
        (holder != before).then_some(())
    })
    .await;

    let users = &app.services.users;
    users.create(test_context(), user("Ada")).await.unwrap();
    let second = Database::open(&app.database.url, app.database.directory.path()).await;
    let error = format!("{:#}", second.unwrap_err());
    assert!(error.contains("another server is running"), "{error}");
    app.stop().await;
}

#[tokio::test]
async fn a_server_that_another_has_taken_over_from_writes_nothing_and_stops() {
    let home = TestDatabase::create().await;
    if !is_postgres(&home) {
        return;
    }
    let app = start(home).await;
    let (url, directory) = (app.database.url.clone(), tempfile::tempdir().unwrap());

    // The first to connect after the end of the connection has the lock.
    let second = eventually("the lock", async || {
        end_lock(&app.database).await;
        Database::open(&url, directory.path()).await.ok()
    })
    .await;
    let refused = app.services.users.create(test_context(), user("Ada")).await;
    let accepted = second.begin().await;

    let refused = refused.unwrap_err();
    assert!(refused.is_database_error(), "{refused:?}");
    accepted.unwrap().rollback().await.unwrap();
    let reason = app.failure().await;
    assert!(reason.contains("another server has taken over"), "{reason}");
    let users = entity::user::Entity::find().all(second.reader()).await;
    assert!(users.unwrap().is_empty());
}

#[tokio::test]
async fn a_transaction_that_began_before_a_takeover_cannot_be_committed_after_it() {
    let home = TestDatabase::create().await;
    if !is_postgres(&home) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let first = Database::open(&home.url, directory.path()).await.unwrap();
    let transaction = first.begin().await.unwrap();
    let insert =
        "INSERT INTO setting (key, value, version, updated_at) VALUES ('x', '1', 1, now())";
    transaction.execute_unprepared(insert).await.unwrap();

    end_lock(&home).await;
    let second = eventually("the lock", async || {
        Database::open(&home.url, directory.path()).await.ok()
    })
    .await;

    assert!(transaction.commit().await.is_err());
    let settings = entity::setting::Entity::find().all(second.reader()).await;
    assert!(settings.unwrap().is_empty());
    let error = first.begin().await.unwrap_err().to_string();
    assert!(error.contains("another server has taken over"), "{error}");
    assert!(first.check_owned().is_err() && second.check_owned().is_ok());
}
