//! Models, prices, notifications, settings, exports, backups and the engine.

use entity::{
    alert::{AlertDetail, AlertKind, AlertSeverity},
    provider_account::ProviderKind,
};
use proxypal_server::domain::alerts::{AlertCondition, AlertSubject};
use proxypal_server::engine::UpdatePhase;
use serde_json::json;

use super::{NO_SUBJECT, Walk, text};
use crate::support::{eventually, provider::Provider, test_context};

pub(super) async fn models_and_prices(walk: &mut Walk) {
    let provider = Provider::start().await;
    let account = provider.account(ProviderKind::OpenaiCompatible, "house-model");
    let accounts = &walk.app.services.provider_accounts;
    accounts.add_api_key(test_context(), account).await.unwrap();
    eventually("the model", async || {
        let models = walk.app.services.engine.fresh_models().await.ok()?;
        models.lists("house-model").then_some(())
    })
    .await;
    let alias = [("modelAlias", "/alias/alias")];
    let set =
        r#"setModelAlias(input: { alias: "other", model: "house-model" }) { alias { alias } }"#;
    for _twice in 0..2 {
        walk.run(set, &alias).await;
    }
    let delete = r#"deleteModelAlias(alias: "other") { alias { alias } }"#;
    walk.run(delete, &alias).await;
    let price = r#"createPrice(input: { modelPattern: "house-*", inputPerMillion: "1", outputPerMillion: "2" })
        { price { id } }"#;
    walk.run(price, &[("price", "/price/id")]).await;
    let update = walk.owner.ask("{ priceUpdate { digest } }").await;
    let digest = text(&update, "/data/priceUpdate/digest");
    let apply = format!("applyPriceUpdate(input: {{ digest: {digest:?} }}) {{ added }}");
    walk.run(&apply, &[("price", "")]).await;
}

pub(super) async fn notifications(walk: &mut Walk) {
    let channel = [("notificationChannel", "/channel/id")];
    let create = r#"createNotificationChannel(input: { name: "hook",
        settings: { webhook: { url: "http://127.0.0.1:9/canary" } } })
        { channel { id } signingSecret }"#;
    let created = walk.run(create, &channel).await;
    let id = format!("{:?}", text(&created, "/channel/id"));
    let update = format!(
        r#"updateNotificationChannel(id: {id}, input: {{ name: "hooked",
            settings: {{ webhook: {{ url: "http://127.0.0.1:9/canary" }} }} }})
            {{ channel {{ id }} signingSecret }}"#
    );
    walk.run(&update, &channel).await;
    let test = format!("testNotificationChannel(id: {id}) {{ delivered }}");
    walk.run(&test, &[("notificationChannel", "")]).await;
    rules(walk, &id).await;
    let delete = format!("deleteNotificationChannel(id: {id}) {{ channel {{ id }} }}");
    walk.run(&delete, &channel).await;
}

pub(super) async fn alerts(walk: &mut Walk) {
    let subject = AlertSubject::model("unpriced-model");
    let (kind, severity) = (AlertKind::ModelUnpriced, AlertSeverity::Warning);
    let condition = AlertCondition::new(kind, severity, subject, AlertDetail::default());
    let alerts = &walk.app.services.alerts;
    alerts.reconcile(&[], vec![condition]).await.unwrap();
    let query = "{ alerts(filter: { open: true, kinds: [MODEL_UNPRICED] }) { nodes { id } } }";
    let listed = walk.owner.ask(query).await;
    let id = text(&listed, "/data/alerts/nodes/0/id");
    let acknowledge = format!("acknowledgeAlerts(ids: [{id:?}]) {{ alerts {{ id }} }}");
    walk.run(&acknowledge, &[("alert", "/alerts/0/id")]).await;
    walk.run(&acknowledge, &NO_SUBJECT).await;
}

async fn rules(walk: &mut Walk, channel: &str) {
    let rule = [("notificationRule", "/rule/id")];
    let create = format!(
        "createNotificationRule(input: {{ event: ENGINE_DOWN, channelIds: [{channel}] }})
            {{ rule {{ id }} }}"
    );
    let created = walk.run(&create, &rule).await;
    let id = format!("{:?}", text(&created, "/rule/id"));
    let update = format!(
        "updateNotificationRule(id: {id}, input: {{ enabled: false }}) {{ rule {{ id }} }}"
    );
    walk.run(&update, &rule).await;
    let delete = format!("deleteNotificationRule(id: {id}) {{ rule {{ id }} }}");
    walk.run(&delete, &rule).await;
}

pub(super) async fn settings_and_exports(walk: &mut Walk) {
    let update =
        "updateSettings(input: { retentionDays: 7 }, expectedVersion: 1) { settings { version } }";
    walk.run(update, &[("settings", "")]).await;
    for export in ["exportRequests", "exportUsage"] {
        let export = format!("{export}(format: CSV) {{ download {{ fileName }} }}");
        walk.run(&export, &NO_SUBJECT).await;
    }
}

pub(super) async fn backups(walk: &mut Walk) {
    let create = "createBackup { backup { name } }";
    let made = walk.run(create, &[("backup", "/backup/name")]).await;
    let name = text(&made, "/backup/name");
    let backup = [("backup", "")];
    let download = format!("downloadBackup(name: {name:?}) {{ download {{ fileName }} }}");
    walk.run(&download, &backup).await;
    let restore = format!("restoreBackup(name: {name:?}) {{ stagedRestore {{ name }} }}");
    walk.run(&restore, &[("backup", "/stagedRestore/name")])
        .await;
    let cancel = "cancelRestore { stagedRestore { name } }";
    walk.run(cancel, &backup).await;
    walk.run(cancel, &NO_SUBJECT).await;
    let delete = format!("deleteBackup(name: {name:?}) {{ name }}");
    walk.run(&delete, &[("backup", "/name")]).await;
}

pub(super) async fn engine(walk: &mut Walk) {
    for mutation in ["stopEngine", "startEngine", "restartEngine"] {
        let mutation = format!("{mutation} {{ engine {{ state }} }}");
        walk.run(&mutation, &[("engine", "")]).await;
    }
    walk.releases.publish("8.0.0", json!({}));
    for mutation in [
        "checkEngineReleases",
        r#"updateEngine(version: "8.0.0")"#,
        "rollBackEngine",
    ] {
        let mutation = format!("{mutation} {{ updates {{ canRollBack }} }}");
        walk.run(&mutation, &[("engine", "")]).await;
        let mut progress = walk.app.services.engine_updates.watch();
        let ended = progress.wait_for(|progress| progress.phase == UpdatePhase::Idle);
        ended.await.unwrap();
    }
}
