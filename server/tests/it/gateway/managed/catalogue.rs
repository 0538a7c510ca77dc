//! Models of the engine's refreshed catalogue: served, listed with their origin, and gone without the setting.

use std::path::PathBuf;

use proxypal_server::domain::settings::GatewaySettings;
use serde_json::{Value, json};

use super::{Delivery, Managed, Protocol};
use crate::support::{
    eventually, programs::is_engine_double, test_context, token_endpoint::TokenEndpoint,
};

const MODELS: &str = "{ models { name origin firstSeenAt aliasOf } engine { modelCatalogue {
    enabled addresses intervalSeconds refreshedAt refreshedFrom failedAt } } }";
const NEW: &str = "grok-of-tomorrow";

impl Managed {
    /// The catalogue that the engine double downloads.
    fn catalogue(&self) -> PathBuf {
        let data = self.app.database.directory.path();
        data.join("engine/catalogue.json")
    }

    async fn set(&self, change: impl FnOnce(&mut GatewaySettings)) {
        let settings = &self.app.services.settings;
        let version = settings.current().version;
        let updated = settings.update(test_context(), version, change);
        updated.await.unwrap();
    }

    async fn responds_for(&self, model: &str) -> (u16, String) {
        let mut body = Protocol::Responses.body(Delivery::Streamed, "hello");
        body["model"] = json!(model);
        let request = self.app.http.post(self.app.url("/v1/responses"));
        let request = request.bearer_auth(&self.key).json(&body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

/// The listed model of this name.
fn model(answer: &Value, name: &str) -> Option<Value> {
    let mut models = answer["data"]["models"].as_array()?.iter();
    models.find(|model| model["name"] == name).cloned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_in_account_serves_a_model_that_only_the_refreshed_catalogue_has() {
    if !is_engine_double() {
        return; // The real engine's addresses are fixed.
    }
    let managed = Managed::start().await;
    let (viewer, endpoint) = (managed.app.viewer().await, TokenEndpoint::start().await);
    managed.sign_in_with(&endpoint).await;
    managed.lists("grok-4.3", true).await;
    assert_eq!(managed.responds_for(NEW).await.0, 400);
    let before = eventually("the origin of a built-in model", async || {
        let answer = viewer.ask(MODELS).await;
        let built_in = model(&answer, "grok-4.3")?;
        (built_in["origin"] == "BUILT_IN").then_some(built_in)
    })
    .await;

    std::fs::write(managed.catalogue(), json!({"xai": [NEW]}).to_string()).unwrap();
    managed.lists(NEW, true).await;
    let (status, text) = managed.responds_for(NEW).await;
    let (new, answer) = eventually("the origin of the new model", async || {
        let answer = viewer.ask(MODELS).await;
        let new = model(&answer, NEW)?;
        (new["origin"] == "REFRESHED").then_some((new, answer))
    })
    .await;

    assert_eq!(status, 200, "{text}");
    assert!(new["firstSeenAt"].as_str() > before["firstSeenAt"].as_str());
    let catalogue = &answer["data"]["engine"]["modelCatalogue"];
    assert_eq!(catalogue["enabled"], true);
    assert_eq!(catalogue["intervalSeconds"], 3 * 60 * 60);
    let from = "https://catalogue.example/models.json";
    assert_eq!(catalogue["refreshedFrom"], from, "{catalogue}");
    assert!(catalogue["refreshedAt"].is_string() && catalogue["failedAt"].is_null());
    assert_eq!(catalogue["addresses"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_keeps_the_time_of_its_first_appearance_across_a_restart() {
    let managed = Managed::start().await;
    let viewer = managed.app.viewer().await;
    let name = Protocol::Chat.model();
    let first = eventually("the first appearance", async || {
        let seen = model(&viewer.ask(MODELS).await, name)?;
        seen["firstSeenAt"].is_string().then_some(seen)
    })
    .await;

    managed.app.services.engine.restart().await.unwrap();
    managed.lists(name, true).await;
    let again = model(&viewer.ask(MODELS).await, name).unwrap();

    assert_eq!(first, again);
    assert_eq!(first["origin"], "ACCOUNT");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_the_engine_serves_its_built_in_catalogue() {
    if !is_engine_double() {
        return;
    }
    let managed = Managed::start().await;
    let (viewer, endpoint) = (managed.app.viewer().await, TokenEndpoint::start().await);
    std::fs::write(managed.catalogue(), json!({"xai": [NEW]}).to_string()).unwrap();
    managed.sign_in_with(&endpoint).await;
    managed.lists(NEW, true).await;

    managed
        .set(|gateway| gateway.refresh_model_catalogue = false)
        .await;
    managed.lists(NEW, false).await;

    let answer = viewer.ask(MODELS).await;
    assert_eq!(answer["data"]["engine"]["modelCatalogue"]["enabled"], false);
    managed
        .set(|gateway| gateway.refresh_model_catalogue = true)
        .await;
    managed.lists(NEW, true).await;
}
