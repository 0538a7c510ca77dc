//! Two servers on one database: what both do at the same time has one valid result, and one of them takes over from the
//! other.

mod credentials;
mod first_start;
mod lists;
mod ownership;
mod sign_ins;
mod standby;

use std::sync::Arc;

use proxypal_server::{
    clock::{SharedClock, SystemClock},
    crypto::vault::{EncryptionKey, Vault},
    db::Database,
    domain::provider_accounts::ProviderAccounts,
};

use crate::support::TestDatabase;

/// A database for the services of two servers, which have nothing else in common.
struct Shared {
    db: Database,
    clock: SharedClock,
    key: EncryptionKey,
    home: TestDatabase,
}

impl Shared {
    async fn open() -> Self {
        let home = TestDatabase::create().await;
        let db = Database::open(&home.url, home.directory.path());
        Self {
            db: db.await.unwrap(),
            clock: Arc::new(SystemClock),
            key: EncryptionKey::generate(),
            home,
        }
    }

    fn vault(&self) -> Arc<Vault> {
        Arc::new(Vault::new(&self.key, &[]))
    }

    fn accounts(&self) -> ProviderAccounts {
        ProviderAccounts::new(self.db.clone(), self.clock.clone(), self.vault())
    }
}

fn is_postgres(home: &TestDatabase) -> bool {
    home.url.starts_with("postgres")
}
