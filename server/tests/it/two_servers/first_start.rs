//! The first start of two servers at the same time.

use std::collections::BTreeSet;

use entity::{admin, price, secret};
use proxypal_server::{
    db::StorageConfig,
    domain::{admins::Admins, prices::Prices, server_secrets::ServerSecrets, sessions::Sessions},
};
use sea_orm::EntityTrait as _;
use secrecy::SecretString;

use super::Shared;
use crate::support::{PASSWORD, test_context};

impl Shared {
    fn storage(&self) -> StorageConfig {
        StorageConfig {
            data_dir: self.home.directory.path().to_owned(),
            database_url: SecretString::from(self.home.url.as_str()),
            encryption_key: Some(self.key.clone()),
            previous_keys: Vec::new(),
        }
    }

    async fn secrets(&self) -> ServerSecrets {
        let storage = self.storage();
        let secrets = ServerSecrets::open(&storage, &self.db, &self.clock);
        secrets.await.unwrap()
    }

    async fn admins(&self) -> Admins {
        let secrets = self.secrets().await;
        let (db, clock) = (self.db.clone(), self.clock.clone());
        let sessions = Sessions::new(db.clone(), clock.clone(), secrets.digester.clone());
        Admins::new(db, clock, &secrets, sessions)
    }

    async fn administrators(&self) -> Vec<String> {
        let admins = admin::Entity::find().all(self.db.reader()).await.unwrap();
        admins.into_iter().map(|admin| admin.username).collect()
    }
}

#[tokio::test]
async fn both_have_the_same_digest_key() {
    let shared = Shared::open().await;

    let (one, other) = tokio::join!(shared.secrets(), shared.secrets());

    assert_eq!(one.digester.digest(b"key"), other.digester.digest(b"key"));
    let secrets = secret::Entity::find().all(shared.db.reader()).await;
    assert_eq!(secrets.unwrap().len(), 1);
}

#[tokio::test]
async fn the_bundled_prices_are_stored_once_and_both_have_the_stored_ones() {
    let shared = Shared::open().await;
    let load = || Box::pin(Prices::load(shared.db.clone(), shared.clock.clone()));

    let (one, other) = tokio::join!(load(), load());

    let ids = |prices: Prices| -> BTreeSet<_> {
        let list = prices.current();
        list.rows().iter().map(|price| price.id).collect()
    };
    let stored = price::Entity::find().all(shared.db.reader()).await.unwrap();
    let stored: BTreeSet<_> = stored.iter().map(|price| price.id).collect();
    assert!(!stored.is_empty());
    assert_eq!(ids(one.unwrap()), stored);
    assert_eq!(ids(other.unwrap()), stored);
}

#[tokio::test]
async fn one_set_up_link_is_valid_and_creates_one_owner() {
    let shared = Shared::open().await;
    let (one, other) = (shared.admins().await, shared.admins().await);
    let earlier = one.bootstrap(None).await.unwrap().unwrap();
    let token = other.bootstrap(None).await.unwrap().unwrap();
    let complete = |admins: &Admins, token: &str, name: &'static str| {
        let (admins, token) = (admins.clone(), token.to_owned());
        async move {
            let password = SecretString::from(PASSWORD);
            let done = admins.complete_setup(test_context(), &token, Some(name), password);
            done.await
        }
    };

    let invalid = complete(&one, &earlier, "eve").await;
    assert!(one.setup_required().await.unwrap());
    let (first, second) = tokio::join!(
        complete(&one, &token, "ada"),
        complete(&other, &token, "bob"),
    );

    assert!(invalid.is_err());
    assert_eq!(
        [&first, &second].iter().filter(|done| done.is_ok()).count(),
        1
    );
    assert_eq!(shared.administrators().await.len(), 1);
    for admins in [&one, &other] {
        assert!(!admins.setup_required().await.unwrap());
        assert!(admins.bootstrap(None).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_configured_password_creates_one_administrator_and_ends_a_set_up_link() {
    let shared = Shared::open().await;
    let (one, other) = (shared.admins().await, shared.admins().await);
    let token = one.bootstrap(None).await.unwrap().unwrap();
    let password = || Some(SecretString::from(PASSWORD));

    let (first, second) = tokio::join!(one.bootstrap(password()), other.bootstrap(password()));
    let late = one.complete_setup(test_context(), &token, Some("eve"), PASSWORD.into());

    assert!(first.unwrap().is_none() && second.unwrap().is_none());
    assert!(late.await.is_err());
    assert_eq!(shared.administrators().await, ["admin"]);
}
