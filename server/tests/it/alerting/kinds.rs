//! Each kind is raised while its condition holds and ended when it is gone.

use std::{
    fs, io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::TimeDelta;
use entity::{admin::Role, request::Outcome};
use futures_util::StreamExt as _;
use proxypal_server::{
    disk,
    domain::{
        patch::Patch,
        requests::{RequestFilter, RequestRecord},
        users::api_keys::ApiKeyChanges,
    },
    engine::EngineState,
};
use serde_json::json;
use uuid::Uuid;

use super::{ended, open, watcher, watcher_with};
use crate::support::{
    Caller, ControlPlane, Events, ManualClock, Options, PASSWORD, TestApp, TestDatabase, code,
    completed, eventually, programs::example, soon, test_context,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_engine_raises_an_alert_that_ends_when_it_runs() {
    let engine = format!("--engine-binary={}", example("engine_double").display());
    let mut options = Options::default().with("--engine=managed").with(&engine);
    options.secrets.admin_password = Some(PASSWORD.into());
    let app = TestApp::start(options, TestDatabase::create().await).await;
    app.engine_is(EngineState::Running).await;
    let mut admin = Caller::new(app.address);
    admin.sign_in(PASSWORD).await;
    let changes = "subscription { alertChanged { unacknowledged alert { kind endedAt } } }";
    let mut changes = Events::open(&admin, changes).await;
    let run = async |mutation: &str| {
        let mutation = format!("mutation {{ {mutation} {{ __typename }} }}");
        assert_eq!(code(&admin.ask(&mutation).await), "");
    };
    let mut change_of_engine = async || loop {
        let change = changes.data().await["data"]["alertChanged"].clone();
        if change["alert"]["kind"] == "ENGINE_DOWN" {
            return change;
        }
    };

    run("stopEngine").await;
    let raised = change_of_engine().await;
    let alert = open(&admin, "ENGINE_DOWN").await.unwrap();
    run("startEngine").await;
    let gone = change_of_engine().await;

    assert!(raised["alert"]["endedAt"].is_null(), "{raised}");
    assert_eq!(raised["unacknowledged"], 1);
    assert_eq!(alert["severity"], "CRITICAL");
    assert_eq!(alert["message"], "the engine is not running");
    assert!(gone["alert"]["endedAt"].is_string(), "{gone}");
    assert_eq!(gone["unacknowledged"], 0);
    assert!(open(&admin, "ENGINE_DOWN").await.is_none());
    assert_eq!(ended(&admin, "ENGINE_DOWN").await[0]["id"], alert["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_catalogue_without_a_refresh_for_a_day_raises_an_alert_until_there_is_one() {
    let engine = format!("--engine-binary={}", example("engine_double").display());
    let clock = Arc::new(ManualClock::default());
    let mut options = Options::default().with("--engine=managed").with(&engine);
    options.clock = clock.clone();
    let app = TestApp::start(options, TestDatabase::create().await).await;
    app.engine_is(EngineState::Running).await;
    let admin = app.viewer().await;
    let watcher = watcher(&app.services);
    let found = async || {
        watcher.evaluate().await.unwrap();
        open(&admin, "CATALOGUE_OUTDATED").await
    };
    clock.advance(TimeDelta::hours(23));
    assert_eq!(found().await, None);

    clock.advance(TimeDelta::hours(1));
    let raised = found().await.unwrap();
    // Another process starts with the old catalogue.
    app.services.engine.restart().await.unwrap();
    let after_restart = found().await.unwrap();
    let catalogue = app.database.directory.path().join("engine/catalogue.json");
    fs::write(catalogue, "{}").unwrap();
    eventually("the end of the alert", async || {
        found().await.is_none().then_some(())
    })
    .await;

    assert_eq!(raised["severity"], "WARNING");
    assert_eq!(raised["detail"]["lastAt"], "2026-06-01T12:00:00Z");
    assert_eq!(after_restart["id"], raised["id"]);

    clock.advance(TimeDelta::hours(24));
    assert!(found().await.is_some());
    let settings = &app.services.settings;
    let turned_off = settings.update(test_context(), settings.current().version, |gateway| {
        gateway.refresh_model_catalogue = false;
    });
    turned_off.await.unwrap();
    eventually("no alert without a refresh", async || {
        found().await.is_none().then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_unreachable_engine_raises_an_alert_with_its_reason() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    let mut engine = plane.services.engine.watch();
    let failing = engine.wait_for(|status| status.last_error.is_some());
    soon("the engine's failure", failing).await.unwrap();

    watcher(&plane.services).evaluate().await.unwrap();

    let alert = open(&admin, "ENGINE_DOWN").await.unwrap();
    assert!(alert["detail"]["reason"].is_string(), "{alert}");
    assert_eq!(
        alert["subject"],
        json!({ "kind": "ENGINE", "id": null, "name": null })
    );
}

#[tokio::test]
async fn failing_requests_raise_an_alert_until_they_are_an_hour_old() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    let watcher = watcher(&plane.services);
    let (user, _) = plane.key_holder("ada").await;
    for _ in 0..6 {
        plane.record(user, "m").await;
    }
    for _ in 0..2 {
        plane.record_as(user, "m", Outcome::UpstreamError).await;
    }
    watcher.evaluate().await.unwrap();
    let few = open(&admin, "ERROR_RATE").await;

    plane.record_as(user, "m", Outcome::UpstreamError).await;
    watcher.evaluate().await.unwrap();
    let third = open(&admin, "ERROR_RATE").await.unwrap();
    for _ in 0..31 {
        plane.record(user, "m").await;
    }
    watcher.evaluate().await.unwrap();
    let tenth = open(&admin, "ERROR_RATE").await.unwrap();
    plane.advance(TimeDelta::minutes(80));
    watcher.evaluate().await.unwrap();

    assert_eq!(few, None);
    assert_eq!(third["severity"], "CRITICAL");
    assert_eq!(
        [&third["detail"]["failed"], &third["detail"]["requests"]],
        [&json!(3), &json!(9)]
    );
    assert_eq!(tenth["severity"], "WARNING");
    assert_eq!(tenth["id"], third["id"]);
    assert_eq!(open(&admin, "ERROR_RATE").await, None);
    assert_eq!(ended(&admin, "ERROR_RATE").await.len(), 1);
}

#[tokio::test]
async fn a_model_without_a_price_raises_an_alert_until_it_has_one() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let watcher = watcher(&plane.services);
    let (user, _) = plane.key_holder("ada").await;
    plane.record(user, "house-model").await;
    plane.record(user, "gpt-5").await;

    watcher.evaluate().await.unwrap();
    let raised = open(&admin, "MODEL_UNPRICED").await.unwrap();
    let price = r#"mutation { createPrice(input: { modelPattern: "house-*", inputPerMillion: "1",
        outputPerMillion: "2" }) { price { id } } }"#;
    assert_eq!(code(&admin.ask(price).await), "");
    watcher.evaluate().await.unwrap();

    let subject = json!({ "kind": "MODEL", "id": "house-model", "name": "house-model" });
    assert_eq!(raised["subject"], subject);
    assert_eq!(raised["detail"]["requests"], 1);
    assert_eq!(open(&admin, "MODEL_UNPRICED").await, None);
}

#[tokio::test]
async fn an_old_price_table_raises_an_alert_until_a_new_one_is_imported() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let watcher = watcher(&plane.services);
    watcher.evaluate().await.unwrap();
    let young = open(&admin, "PRICES_OUTDATED").await;
    plane.advance(TimeDelta::days(400));

    watcher.evaluate().await.unwrap();
    let old = open(&admin, "PRICES_OUTDATED").await;
    let one = r#"mutation { createPrice(input: { modelPattern: "one", inputPerMillion: "1",
        outputPerMillion: "2" }) { price { id } } }"#;
    assert_eq!(code(&admin.ask(one).await), "");
    watcher.evaluate().await.unwrap();
    let with_one_more = open(&admin, "PRICES_OUTDATED").await;
    let (prices, table) = (&plane.services.prices, new_table());
    let imported = prices.import(test_context(), &table).await.unwrap();
    assert_eq!(imported.added, 1);
    watcher.evaluate().await.unwrap();

    assert_eq!(young, None);
    assert!(old.is_some_and(|alert| alert["detail"]["lastAt"].is_string()));
    assert!(with_one_more.is_some(), "a single price is no new table");
    assert_eq!(open(&admin, "PRICES_OUTDATED").await, None);
}

fn new_table() -> proxypal_server::domain::prices::PriceTable {
    let table = json!({ "source": "list prices", "date": "2027-07-01",
        "prices": [{ "model": "new-model", "input": "1", "output": "2" }] });
    proxypal_server::domain::prices::PriceTable::read(&table.to_string()).unwrap()
}

#[tokio::test]
async fn a_quota_that_is_used_up_raises_an_alert_until_its_window_ends() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let watcher = watcher(&plane.services);
    let (user, _) = plane.key_holder("ada").await;
    let set = "mutation($user: ID!) { setQuotas(input: { userId: $user, quotas: [
        { metric: REQUESTS, limit: 2, window: DAY }, { metric: COST, limit: \"1000\", window: DAY, unpriced: ALLOW }] })
        { user { id } } }";
    assert_eq!(
        code(&admin.ask_with(set, json!({ "user": user })).await),
        ""
    );
    plane.record(user, "m").await;
    watcher.evaluate().await.unwrap();
    let half = open(&admin, "QUOTA_REACHED").await;
    plane.record(user, "m").await;

    watcher.evaluate().await.unwrap();
    let reached = open(&admin, "QUOTA_REACHED").await.unwrap();
    plane.advance(TimeDelta::days(1));
    watcher.evaluate().await.unwrap();

    assert_eq!(half, None);
    assert_eq!(reached["subject"]["name"], "ada");
    assert_eq!(
        reached["message"],
        "ada has reached a quota of 2 requests (day)"
    );
    assert_eq!(
        reached["detail"]["quota"],
        json!({ "metric": "REQUESTS", "window": "DAY", "limit": 2, "used": 2, "userId": user,
            "apiKeyId": null, "apiKeyName": null })
    );
    assert_eq!(reached["detail"]["until"], "2026-06-02T00:00:00Z");
    assert_eq!(open(&admin, "QUOTA_REACHED").await, None);
}

/// Ada's key is used from an address.
async fn use_from(plane: &ControlPlane, user: Uuid, address: &str) {
    let keys = plane.services.api_keys.of_users(&[user]).await.unwrap();
    let record = RequestRecord {
        client_ip: Some(address.to_owned()),
        ..completed(user, keys[0].id, plane.services.clock.now())
    };
    let id = record.id;
    let requests = &plane.services.requests;
    let feed = requests.follow(RequestFilter::default(), None).await;
    let mut feed = std::pin::pin!(feed.unwrap());
    let recorder = &plane.handles.recorder;
    recorder.permit().await.unwrap().record(record);
    while feed.next().await.unwrap().unwrap().id != id {}
    plane.advance(TimeDelta::minutes(1));
}

#[tokio::test]
async fn a_key_that_is_used_from_two_networks_in_turn_raises_an_alert() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let watcher = watcher(&plane.services);
    let (user, tool) = plane.key_holder("ada").await;
    let kind = "KEY_IN_TWO_NETWORKS";
    for address in ["203.0.113.9", "203.0.7.1", "2001:db8::1", "198.51.100.7"] {
        use_from(&plane, user, address).await;
    }
    watcher.evaluate().await.unwrap();
    let moved = open(&admin, kind).await;

    use_from(&plane, user, "203.0.113.9").await;
    watcher.evaluate().await.unwrap();
    let raised = open(&admin, kind).await.unwrap();
    let still_works = code(&tool.ask("{ viewer { __typename } }").await).to_owned();
    plane.advance(TimeDelta::minutes(15));
    watcher.evaluate().await.unwrap();

    assert_eq!(moved, None);
    assert_eq!(raised["subject"]["name"], "ada · default");
    assert_eq!(
        raised["message"],
        "the key ada · default is used from two networks at the same time: 203.0.0.0/16 and 198.51.0.0/16"
    );
    assert_eq!(still_works, "");
    assert_eq!(open(&admin, kind).await, None);
}

#[tokio::test]
async fn a_key_in_two_networks_is_revoked_if_the_settings_say_so_unless_it_has_networks() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let watcher = watcher(&plane.services);
    let settings = &plane.services.settings;
    let version = settings.current().version;
    let changed = settings.update(test_context(), version, |gateway| {
        gateway.revoke_key_in_two_networks = true;
    });
    changed.await.unwrap();
    let (ada, tool) = plane.key_holder("ada").await;
    let (bob, bound) = plane.key_holder("bob").await;
    let keys = &plane.services.api_keys;
    let bobs = keys.of_users(&[bob]).await.unwrap().remove(0);
    let everywhere = ApiKeyChanges {
        allowed_networks: Patch::Set(vec!["0.0.0.0/0".to_owned()]),
        ..ApiKeyChanges::default()
    };
    let bound_to = keys.update(test_context(), bobs.id, None, everywhere);
    bound_to.await.unwrap();
    for address in ["203.0.113.9", "198.51.100.7", "203.0.113.9"] {
        use_from(&plane, ada, address).await;
        use_from(&plane, bob, address).await;
    }

    watcher.evaluate().await.unwrap();
    watcher.evaluate().await.unwrap();

    let who = "{ viewer { __typename } }";
    assert_eq!(code(&tool.ask(who).await), "UNAUTHENTICATED");
    assert_eq!(code(&bound.ask(who).await), "");
    let raised = open(&admin, "KEY_IN_TWO_NETWORKS").await.unwrap();
    let message = raised["message"].as_str().unwrap();
    assert!(message.ends_with("; the key is revoked"), "{message}");
    let audit = "{ auditEvents { nodes { action actor { kind } } } }";
    let events = admin.ask(audit).await;
    let events = events["data"]["auditEvents"]["nodes"].as_array().unwrap();
    let revocations = events
        .iter()
        .filter(|event| event["action"] == "revokeApiKey");
    let actors: Vec<_> = revocations.map(|event| &event["actor"]["kind"]).collect();
    assert_eq!(actors, ["SYSTEM"]);
}

#[tokio::test]
async fn a_late_backup_raises_an_alert_until_there_is_a_new_one() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    let (services, watcher) = (&plane.services, watcher(&plane.services));
    every_hour(&plane).await;
    services
        .backups
        .make_if_due(&services.settings)
        .await
        .unwrap();
    plane.advance(TimeDelta::minutes(119));
    watcher.evaluate().await.unwrap();
    let late_once = open(&admin, "BACKUP_OVERDUE").await;
    plane.advance(TimeDelta::minutes(1));

    watcher.evaluate().await.unwrap();
    let late_twice = open(&admin, "BACKUP_OVERDUE").await.unwrap();
    services
        .backups
        .make_if_due(&services.settings)
        .await
        .unwrap();
    watcher.evaluate().await.unwrap();

    assert_eq!(late_once, None);
    assert_eq!(late_twice["detail"]["everyHours"], 1);
    assert_eq!(late_twice["detail"]["lastAt"], "2026-06-01T12:00:00Z");
    assert_eq!(open(&admin, "BACKUP_OVERDUE").await, None);
}

async fn every_hour(plane: &ControlPlane) {
    let settings = &plane.services.settings;
    let update = settings.update(test_context(), settings.current().version, |gateway| {
        gateway.backup_every_hours = 1;
    });
    update.await.unwrap();
}

#[tokio::test]
async fn a_failed_backup_raises_an_alert_until_one_succeeds() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    let (services, watcher) = (&plane.services, watcher(&plane.services));
    every_hour(&plane).await;
    let directory = plane.data_dir().join("backups");
    fs::write(&directory, "not a directory").unwrap();
    let failed = services.backups.make_if_due(&services.settings).await;
    assert!(failed.is_err());

    watcher.evaluate().await.unwrap();
    let raised = open(&admin, "BACKUP_FAILED").await.unwrap();
    fs::remove_file(&directory).unwrap();
    services
        .backups
        .make_if_due(&services.settings)
        .await
        .unwrap();
    watcher.evaluate().await.unwrap();

    assert!(
        raised["detail"]["reason"]
            .as_str()
            .unwrap()
            .contains("directory"),
        "{raised}"
    );
    assert_eq!(open(&admin, "BACKUP_FAILED").await, None);
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_raises_an_alert_until_space_is_free() {
    static FREE: AtomicU64 = AtomicU64::new(disk::LOW_SPACE - 1);
    #[expect(clippy::unnecessary_wraps, reason = "a disk may not be readable")]
    fn free(_: &Path) -> io::Result<u64> {
        Ok(FREE.load(Ordering::Relaxed))
    }
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    let services = &plane.services;
    let watcher = watcher_with(services, services.alerts.clone(), free);
    let mut severities = Vec::new();

    for space in [
        disk::LOW_SPACE - 1,
        disk::MINIMUM_SPACE - 1,
        disk::LOW_SPACE,
    ] {
        FREE.store(space, Ordering::Relaxed);
        watcher.evaluate().await.unwrap();
        severities.push(
            open(&admin, "DISK_LOW")
                .await
                .map(|alert| alert["severity"].clone()),
        );
    }

    assert_eq!(
        severities,
        [Some(json!("WARNING")), Some(json!("CRITICAL")), None]
    );
}

#[tokio::test]
async fn a_source_that_fails_keeps_its_alerts_and_those_of_others_are_evaluated() {
    #[expect(clippy::unnecessary_wraps, reason = "a disk may not be readable")]
    fn full(_: &Path) -> io::Result<u64> {
        Ok(0)
    }
    fn broken(_: &Path) -> io::Result<u64> {
        Err(io::Error::other("input/output error"))
    }
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    let services = &plane.services;
    watcher_with(services, services.alerts.clone(), full)
        .evaluate()
        .await
        .unwrap();
    let (user, _) = plane.key_holder("ada").await;
    plane.record(user, "house-model").await;

    let failed = watcher_with(services, services.alerts.clone(), broken)
        .evaluate()
        .await;

    assert!(failed.is_err());
    assert!(open(&admin, "DISK_LOW").await.is_some());
    assert!(open(&admin, "MODEL_UNPRICED").await.is_some());
}
