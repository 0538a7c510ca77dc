//! Aliases, settings and messages of two servers.

use entity::{model_alias, notification_rule::NotificationEvent};
use proxypal_server::domain::{
    Error,
    engine_models::EngineModels,
    model_aliases::{ModelAliases, NewModelAlias},
    notifications::{ChannelSettings, Message, NewChannel, NewRule, Notifications},
    prices::Prices,
    settings::Settings,
    users::api_keys::SharedKeyPolicy,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::Shared;
use crate::support::test_context;

impl Shared {
    async fn aliases(&self) -> ModelAliases {
        let (db, clock) = (self.db.clone(), self.clock.clone());
        let prices = Box::pin(Prices::load(db.clone(), clock.clone()))
            .await
            .unwrap();
        let aliases = ModelAliases::load(db, clock, prices, self.accounts());
        Box::pin(aliases).await.unwrap()
    }

    async fn settings(&self) -> Settings {
        let (db, clock) = (self.db.clone(), self.clock.clone());
        let policy = SharedKeyPolicy::default();
        let loaded = Settings::load(db, clock, self.accounts(), policy);
        loaded.await.unwrap()
    }

    async fn notifications(&self) -> Notifications {
        let (db, clock) = (self.db.clone(), self.clock.clone());
        Notifications::new(db, clock, self.vault(), self.settings().await)
    }
}

fn alias(name: &str, model: &str) -> NewModelAlias {
    NewModelAlias {
        alias: name.to_owned(),
        model: model.to_owned(),
        provider: None,
    }
}

fn models() -> EngineModels {
    let listed = ["m-one", "m-two"].map(|name| (name.to_owned(), None));
    EngineModels {
        listed: listed.into(),
        ..EngineModels::default()
    }
}

#[tokio::test]
async fn a_name_that_two_servers_give_at_the_same_time_is_one_alias() {
    let shared = Shared::open().await;
    let (one, other) = (shared.aliases().await, shared.aliases().await);
    let models = models();

    let (first, second) = tokio::join!(
        one.set(test_context(), alias("fast", "m-one"), &models),
        other.set(test_context(), alias("FAST", "m-two"), &models),
    );

    first.unwrap();
    second.unwrap();
    let active = model_alias::Entity::find()
        .filter(model_alias::Column::RemovedAt.is_null())
        .all(shared.db.reader())
        .await;
    assert_eq!(active.unwrap().len(), 1);
}

#[tokio::test]
async fn an_alias_that_another_server_has_set_cannot_be_a_target() {
    let shared = Shared::open().await;
    let (one, other) = (shared.aliases().await, shared.aliases().await);
    let models = models();

    one.set(test_context(), alias("m-old", "m-one"), &models)
        .await
        .unwrap();
    let chained = other.set(test_context(), alias("fast", "m-old"), &models);
    let chained = chained.await;
    let removed = other.delete(test_context(), "m-old").await;

    assert!(matches!(chained, Err(Error::Conflict(_))), "{chained:?}");
    assert_eq!(removed.unwrap().model, "m-one");
}

#[tokio::test]
async fn settings_are_changed_from_the_stored_version_and_not_from_the_one_in_memory() {
    let shared = Shared::open().await;
    let (one, other) = (shared.settings().await, shared.settings().await);
    let before = one.current().gateway.clone();

    let change = one.update(test_context(), 0, |gateway| {
        gateway.keep_error_messages = !before.keep_error_messages;
    });
    change.await.unwrap();
    let outdated = other.update(test_context(), 0, |_| {}).await;
    let next = other.update(test_context(), 1, |gateway| {
        gateway.refresh_model_catalogue = !before.refresh_model_catalogue;
    });
    let next = next.await.unwrap();

    let is_outdated = matches!(outdated, Err(Error::Outdated { version: 1, .. }));
    assert!(is_outdated, "{outdated:?}");
    assert_eq!(next.version, 2);
    let after = &next.gateway;
    assert_ne!(after.keep_error_messages, before.keep_error_messages);
    assert_ne!(
        after.refresh_model_catalogue,
        before.refresh_model_catalogue
    );
}

#[tokio::test]
async fn a_message_is_sent_by_one_server() {
    let shared = Shared::open().await;
    let (one, other) = (shared.notifications().await, shared.notifications().await);
    let settings = ChannelSettings::Slack {
        url: "https://hooks.example.org/1".into(),
    };
    let new = NewChannel {
        name: "team".to_owned(),
        settings,
    };
    let channel = one.create_channel(test_context(), new).await.unwrap();
    let new = NewRule {
        event: NotificationEvent::EngineDown,
        channel_ids: vec![channel.id],
        percents: None,
        quiet_minutes: 0,
    };
    let rule = one.create_rule(test_context(), new).await.unwrap();
    for subject in ["a", "b", "c"] {
        let message = Message {
            subject: subject.to_owned(),
            title: String::new(),
            body: String::new(),
        };
        assert!(one.enqueue(&rule, &message).await.unwrap());
    }

    let (first, second) = tokio::join!(one.claim_due(), other.claim_due());

    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.len() + second.len(), 3);
    assert!(one.claim_due().await.unwrap().is_empty());
}
