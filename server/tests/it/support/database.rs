//! A fresh database for each test: SQLite in a temporary directory, or PostgreSQL when
//! `TEST_DATABASE_URL` names a server.

use entity::audit_event;
use sea_orm::{ConnectionTrait as _, Database, EntityTrait as _, QueryOrder as _};
use tempfile::TempDir;
use uuid::Uuid;

/// A directory and a database that go with the test.
pub(crate) struct TestDatabase {
    pub(crate) directory: TempDir,
    pub(crate) url: String,
}

impl TestDatabase {
    pub(crate) async fn create() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = match server() {
            Some(server) => create_on(&server).await,
            None => format!("sqlite://{}", directory.path().join("test.db").display()),
        };
        Self { directory, url }
    }

    /// The events of the audit, the first one first.
    pub(crate) async fn audit_events(&self) -> Vec<audit_event::Model> {
        let connection = Database::connect(&self.url).await.unwrap();
        let events = audit_event::Entity::find().order_by_asc(audit_event::Column::Sequence);
        let events = events.all(&connection).await.unwrap();
        connection.close().await.unwrap();
        events
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment names the tests' database"
)]
fn server() -> Option<String> {
    std::env::var("TEST_DATABASE_URL").ok()
}

/// The whole server is thrown away after the tests, so nothing is dropped here.
async fn create_on(server: &str) -> String {
    let name = format!("test_{}", Uuid::now_v7().simple());
    let connection = Database::connect(server).await.unwrap();
    connection
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    connection.close().await.unwrap();
    let mut url: url::Url = server.parse().unwrap();
    url.set_path(&name);
    url.to_string()
}
