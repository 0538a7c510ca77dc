//! Sign-ins at providers that another server completes.

use chrono::TimeDelta;
use entity::{
    provider_account::ProviderKind,
    provider_login::{LoginMode, LoginStatus},
    replica,
};
use proxypal_server::{
    crypto::token::Digester,
    domain::provider_logins::{NewProviderLogin, ProviderLogins, Starter},
};
use sea_orm::{ActiveValue::Set, EntityTrait as _};
use uuid::Uuid;

use super::Shared;
use crate::support::test_context;

const OTHER: i64 = 7;

impl Shared {
    fn logins(&self) -> ProviderLogins {
        let (db, clock) = (self.db.clone(), self.clock.clone());
        ProviderLogins::new(db, clock, Digester::new(&[1; 64]), self.vault())
    }

    /// A sign-in that this server completes.
    async fn completing(&self) -> Uuid {
        let logins = self.logins();
        let starter = Starter {
            id: Uuid::now_v7(),
            session_id: None,
        };
        let new = NewProviderLogin {
            kind: ProviderKind::Claude,
            mode: LoginMode::Paste,
            label: None,
            state: None,
            secrets: "verifier".into(),
            expires_at: self.clock.now() + TimeDelta::minutes(10),
        };
        let login = logins.create(test_context(), starter, new).await.unwrap();
        assert!(logins.claim(login.id).await.unwrap());
        login.id
    }

    async fn status(&self, id: Uuid) -> LoginStatus {
        self.logins().find(id).await.unwrap().unwrap().status
    }
}

#[tokio::test]
async fn a_start_fails_the_sign_ins_of_ended_servers_and_not_those_of_running_ones() {
    let shared = Shared::open().await;
    let id = shared.completing().await;

    // Another server starts while this one runs.
    shared.logins().recover().await.unwrap();
    let while_it_runs = shared.status(id).await;
    let row = replica::ActiveModel {
        incarnation: Set(OTHER),
        version: Set(String::new()),
    };
    replica::Entity::delete_many()
        .exec(shared.db.writer())
        .await
        .unwrap();
    replica::Entity::insert(row)
        .exec_without_returning(shared.db.writer())
        .await
        .unwrap();
    shared.logins().recover().await.unwrap();

    assert_eq!(while_it_runs, LoginStatus::Completing);
    assert_eq!(ended_status(&shared, id).await, LoginStatus::Failed);
}

/// The status after the server that completed it has ended.
async fn ended_status(shared: &Shared, id: Uuid) -> LoginStatus {
    let row = entity::provider_login::Entity::find_by_id(id);
    row.one(shared.db.reader()).await.unwrap().unwrap().status
}
