//! A fresh database for each test: SQLite in a temporary directory, or PostgreSQL when
//! `TEST_DATABASE_URL` names a server.

use entity::audit_event;
use migration::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, Database, EntityTrait as _, QueryOrder as _};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// A directory and a database that go with the test.
pub(crate) struct TestDatabase {
    pub(crate) directory: TempDir,
    pub(crate) url: String,
}

impl TestDatabase {
    /// A database with the present schema on PostgreSQL, where migrating takes longer than most tests; the server
    /// creates it in a file.
    pub(crate) async fn create() -> Self {
        let from = match server() {
            Some(server) => Some(migrated(&server).await),
            None => None,
        };
        Self::from_template(from).await
    }

    /// A database without any table.
    pub(crate) async fn empty() -> Self {
        Self::from_template(None).await
    }

    async fn from_template(template: Option<&str>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = match server() {
            Some(server) => create_on(&server, template.unwrap_or("template1")).await,
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

/// The name of a database that has the present schema.
async fn migrated(server: &str) -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let create = async || {
        let url = create_on(server, "template1").await;
        let connection = Database::connect(&url).await.unwrap();
        Migrator::up(&connection, None).await.unwrap();
        connection.close().await.unwrap();
        let (_, name) = url.rsplit_once('/').unwrap();
        name.to_owned()
    };
    TEMPLATE.get_or_init(create).await
}

/// The whole server is thrown away after the tests, so nothing is dropped here.
async fn create_on(server: &str, template: &str) -> String {
    let name = format!("test_{}", Uuid::now_v7().simple());
    let connection = Database::connect(server).await.unwrap();
    connection
        .execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
        .await
        .unwrap();
    connection.close().await.unwrap();
    let mut url: url::Url = server.parse().unwrap();
    url.set_path(&name);
    url.to_string()
}
