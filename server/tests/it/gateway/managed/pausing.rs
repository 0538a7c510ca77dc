//! An account whose provider rejects its credentials is no longer used, and reports why in the provider's words.

use entity::provider_account::{ProviderKind, ProviderModel};
use proxypal_server::domain::provider_accounts::AccountStatus;
use serde_json::{Value, json};

use super::{Delivery, Managed, Protocol};
use crate::support::{eventually, test_context};

const MODELS: [&str; 3] = ["shared-1", "shared-2", "shared-3"];

impl Managed {
    async fn ask_for(&self, model: &str) -> reqwest::Response {
        let mut body = Protocol::Chat.body(Delivery::Whole, "usage:output=3");
        body["model"] = json!(model);
        let request = self.app.http.post(self.app.url("/v1/chat/completions"));
        let request = request.bearer_auth(&self.key).json(&body);
        request.send().await.unwrap()
    }

    /// An account that offers the shared models.
    async fn add_shared(&self, key: &str) -> uuid::Uuid {
        let mut account = self.provider.account(ProviderKind::OpenaiCompatible, key);
        account.models = MODELS
            .map(|name| ProviderModel {
                name: name.to_owned(),
                alias: None,
            })
            .into();
        self.add(account).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_key_is_rejected_is_paused_and_the_other_serves_everything() {
    let managed = Managed::start().await;
    managed.app.without_rate_limit().await;
    let services = &managed.app.services;
    let accounts = &services.provider_accounts;
    let (dead, good) = (
        managed.add_shared("revoked-0123456789").await,
        managed.add_shared("good-0123456789").await,
    );
    managed.lists(MODELS[2], true).await;
    let credential = accounts.credential(dead).await.unwrap();

    let paused = eventually("a paused account", async || {
        for model in MODELS {
            managed.ask_for(model).await;
        }
        // The engine passes a rejected account over for some time.
        let _ = services.engine.reset_cooldown(&credential).await;
        let account = accounts.get(dead).await.unwrap();
        account.paused_at.is_some().then_some(account)
    })
    .await;

    let state = accounts.state(&paused, services.engine.accounts().await.as_deref());
    assert_eq!(state.status, AccountStatus::Paused);
    assert_eq!(paused.last_error_status, Some(401));
    let message = paused.last_error.unwrap();
    assert!(message.contains("It was revoked."), "{message}");
    assert!(!message.contains("canary"), "{message}");
    assert_eq!(accounts.get(good).await.unwrap().paused_at, None);

    eventually("an engine without the account", async || {
        let preview = services.engine.config_preview()?;
        (preview.matches("account of good").count() == 1 && !preview.contains("account of revoked"))
            .then_some(())
    })
    .await;
    for model in MODELS.into_iter().cycle().take(12) {
        assert_eq!(managed.ask_for(model).await.status(), 200, "{model}");
    }

    accounts.resume(test_context(), dead).await.unwrap();
    eventually("an engine with the account", async || {
        let preview = services.engine.config_preview()?;
        preview.contains("account of revoked").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_message_is_not_kept_if_the_setting_is_off() {
    let managed = Managed::start().await;
    let services = &managed.app.services;
    let set = services.settings.update(
        test_context(),
        services.settings.current().version,
        |gateway| gateway.keep_error_messages = false,
    );
    set.await.unwrap();

    let refused = managed
        .ask(Protocol::Messages, Delivery::Whole, "usage:error=403")
        .await;

    assert_eq!(refused.status(), 403);
    let failed = eventually("an account with an error", async || {
        let mut all = services.provider_accounts.list().await.unwrap().into_iter();
        all.find(|account| account.last_error_at.is_some())
    })
    .await;
    assert_eq!(failed.kind, ProviderKind::Claude);
    assert_eq!(
        (failed.last_error_status, failed.last_error),
        (Some(403), None)
    );
    let body: Value = refused.json().await.unwrap();
    assert!(body["error"]["message"].is_string());
}
