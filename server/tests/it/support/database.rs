//! A database for one test: a file, or a database of its own when `TEST_DATABASE_URL` names a server.

use std::{path::Path, thread};

use sea_orm::ConnectionTrait as _;
use url::Url;
use uuid::Uuid;

/// A database that disappears with the test.
pub(crate) struct TestDatabase {
    pub(crate) url: String,
    /// The server and the name of what to drop there.
    dropped: Option<(String, String)>,
}

impl TestDatabase {
    /// A new one, in this folder unless there is a server.
    pub(crate) async fn create(folder: &Path) -> Self {
        let Some(server) = std::env::var_os("TEST_DATABASE_URL") else {
            let file = folder.join("test.db");
            return Self {
                url: format!("sqlite://{}", file.display()),
                dropped: None,
            };
        };
        let server = server.into_string().unwrap();
        let name = format!("proxypal_test_{}", Uuid::new_v4().simple());
        execute(&server, &format!("CREATE DATABASE {name}")).await;
        let mut url: Url = server.parse().unwrap();
        url.set_path(&name);
        Self {
            url: url.into(),
            dropped: Some((server, name)),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some((server, name)) = self.dropped.take() else {
            return;
        };
        let drop = async move {
            execute(
                &server,
                &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            )
            .await;
        };
        let worker = thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_all().build().unwrap().block_on(drop);
        });
        worker.join().unwrap();
    }
}

async fn execute(server: &str, statement: &str) {
    let connection = sea_orm::Database::connect(server).await.unwrap();
    connection.execute_unprepared(statement).await.unwrap();
    connection.close().await.unwrap();
}
