//! The life of an alert: once per subject, across restarts, acknowledged, reopened, deleted in the end.

use chrono::TimeDelta;
use entity::{
    admin::Role,
    alert::{AlertDetail, AlertKind, AlertSeverity},
};
use proxypal_server::{
    disk,
    domain::alerts::{AlertCondition, AlertSubject, Alerts, ReconciledAlerts},
};
use serde_json::{Value, json};

use super::{alerts, ended, open, watcher, watcher_with};
use crate::support::{
    Caller, ControlPlane, Events, Options, PASSWORD, Script, TestApp, TestDatabase, code,
    eventually, scripted, test_context,
};

const UNPRICED: &[AlertKind] = &[AlertKind::ModelUnpriced];

fn unpriced(model: &str, severity: AlertSeverity) -> AlertCondition {
    let subject = AlertSubject::model(model);
    AlertCondition::new(
        AlertKind::ModelUnpriced,
        severity,
        subject,
        AlertDetail::default(),
    )
}

/// Reconciles with one condition, or none.
async fn reconcile(plane: &ControlPlane, holds: bool) -> ReconciledAlerts {
    let found = holds.then(|| unpriced("m", AlertSeverity::Warning));
    let alerts = &plane.services.alerts;
    alerts
        .reconcile(UNPRICED, found.into_iter().collect())
        .await
        .unwrap()
}

async fn acknowledge(caller: &Caller, ids: &[&Value]) -> Value {
    let mutation = "mutation($ids: [ID!]!) { acknowledgeAlerts(ids: $ids)
        { alerts { id acknowledgedAt acknowledgedBy } } }";
    caller.ask_with(mutation, json!({ "ids": ids })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn several_evaluators_raise_one_alert() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    let (user, _) = plane.key_holder("ada").await;
    plane.record(user, "house-model").await;
    let services = &plane.services;
    // Services of their own share nothing but the database.
    let new = || Alerts::new(plane.db.clone(), services.clock.clone());
    let watchers = [(); 4].map(|()| watcher_with(services, new(), |_| Ok(disk::LOW_SPACE)));

    let runs = watchers.iter().map(async |watcher| {
        watcher.evaluate().await.unwrap();
    });
    futures_util::future::join_all(runs).await;

    assert_eq!(alerts(&admin, "kinds: [MODEL_UNPRICED]").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_survives_a_restart_with_its_acknowledgement() {
    let engine = scripted(Script::new()).await;
    let options = || {
        let mut options = Options::default();
        options.secrets.admin_password = Some(PASSWORD.into());
        options
    };
    let app = TestApp::with_data(TestDatabase::create().await, engine, options()).await;
    let mut admin = Caller::new(app.address);
    admin.sign_in(PASSWORD).await;
    // There is no passphrase, so these backups fail.
    let settings = &app.services.settings;
    let update = settings.update(test_context(), settings.current().version, |gateway| {
        gateway.backup_every_hours = 1;
    });
    update.await.unwrap();
    watcher(&app.services).evaluate().await.unwrap();
    let before = open(&admin, "BACKUP_FAILED").await.unwrap();
    acknowledge(&admin, &[&before["id"]]).await;

    let app = TestApp::with_data(app.stop().await, engine, options()).await;
    let mut admin = Caller::new(app.address);
    admin.sign_in(PASSWORD).await;
    watcher(&app.services).evaluate().await.unwrap();

    let after = open(&admin, "BACKUP_FAILED").await.unwrap();
    assert_eq!(after["id"], before["id"]);
    assert_eq!(after["raisedAt"], before["raisedAt"]);
    assert_eq!(after["acknowledgedBy"], "admin");
    assert!(ended(&admin, "BACKUP_FAILED").await.is_empty());
}

#[tokio::test]
async fn a_condition_that_recurs_soon_continues_its_alert() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;

    reconcile(&plane, true).await;
    let first = open(&admin, "MODEL_UNPRICED").await.unwrap()["id"].clone();
    acknowledge(&admin, &[&first]).await;
    reconcile(&plane, false).await;
    plane.advance(TimeDelta::minutes(14));
    reconcile(&plane, true).await;
    let soon = open(&admin, "MODEL_UNPRICED").await.unwrap();
    reconcile(&plane, false).await;
    plane.advance(TimeDelta::minutes(16));
    reconcile(&plane, true).await;
    let later = open(&admin, "MODEL_UNPRICED").await.unwrap();

    assert_eq!(soon["id"], first);
    assert_eq!(soon["acknowledgedBy"], "script");
    assert_ne!(later["id"], first);
    assert_eq!(later["acknowledgedAt"], Value::Null);
    assert_eq!(ended(&admin, "MODEL_UNPRICED").await.len(), 1);
}

#[tokio::test]
async fn an_acknowledged_alert_that_becomes_critical_is_unacknowledged() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let set = async |severity| {
        let found = vec![unpriced("m", severity)];
        let service = &plane.services.alerts;
        service.reconcile(UNPRICED, found).await.unwrap();
        open(&admin, "MODEL_UNPRICED").await.unwrap()
    };

    let raised = set(AlertSeverity::Warning).await;
    let acknowledged = acknowledge(&admin, &[&raised["id"]]).await;
    let critical = set(AlertSeverity::Critical).await;
    acknowledge(&admin, &[&raised["id"]]).await;
    let milder = set(AlertSeverity::Warning).await;

    let by = &acknowledged["data"]["acknowledgeAlerts"]["alerts"][0]["acknowledgedBy"];
    assert_eq!(*by, "script");
    assert_eq!(critical["id"], raised["id"]);
    assert_eq!(critical["acknowledgedAt"], Value::Null);
    assert!(milder["acknowledgedAt"].is_string(), "{milder}");
}

#[tokio::test]
async fn alerts_are_acknowledged_once_with_an_event_each() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let viewer = plane.script(Role::Viewer).await;
    let found = vec![
        unpriced("one", AlertSeverity::Warning),
        unpriced("two", AlertSeverity::Warning),
    ];
    plane
        .services
        .alerts
        .reconcile(UNPRICED, found)
        .await
        .unwrap();
    let raised = alerts(&admin, "open: true, acknowledged: false").await;
    let changes = "subscription { alertChanged { unacknowledged alert { acknowledgedBy } } }";
    let mut changes = Events::open(&viewer, changes).await;

    let refused = acknowledge(&viewer, &[&raised[0]["id"]]).await;
    let unknown = json!("0197f0f0-0000-7000-8000-000000000000");
    let ids = [&raised[0]["id"], &raised[1]["id"], &unknown, &json!("x")];
    let first = acknowledge(&admin, &ids).await;
    plane.advance(TimeDelta::minutes(1));
    let second = acknowledge(&admin, &ids[..2]).await;

    assert_eq!(code(&refused), "FORBIDDEN");
    assert_eq!(
        first["data"]["acknowledgeAlerts"]["alerts"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(first["data"], second["data"]);
    assert!(
        alerts(&admin, "open: true, acknowledged: false")
            .await
            .is_empty()
    );
    let change = changes.data().await["data"]["alertChanged"].clone();
    assert_eq!(
        change,
        json!({ "unacknowledged": 0, "alert": { "acknowledgedBy": "script" } })
    );
    let events = "{ auditEvents(filter: { actions: [\"acknowledgeAlerts\"], failed: false })
        { nodes { subject { kind name } after } } }";
    let events = admin.ask(events).await;
    let events = events["data"]["auditEvents"]["nodes"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(events.len(), 3, "{events:#?}");
    assert_eq!(events[0]["subject"], Value::Null);
    assert_eq!(
        events[1]["subject"],
        json!({ "kind": "alert", "name": "model_unpriced two" })
    );
}

#[tokio::test]
async fn the_last_time_is_updated_once_a_minute_and_never_for_ended_alerts() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    let seen = async || alerts(&admin, "kinds: [MODEL_UNPRICED]").await[0]["lastSeenAt"].clone();
    let mut times = Vec::new();

    for (seconds, holds) in [(0, true), (59, true), (1, true), (60, false), (60, false)] {
        plane.advance(TimeDelta::seconds(seconds));
        reconcile(&plane, holds).await;
        times.push(seen().await);
    }

    let (start, minute) = ("2026-06-01T12:00:00Z", "2026-06-01T12:01:00Z");
    assert_eq!(times, [start, start, minute, minute, minute]);
}

#[tokio::test]
async fn a_hundred_alerts_of_a_kind_are_open_at_most() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    let models = |count: usize| {
        let models = (0..count).map(|number| format!("m{number}"));
        models
            .map(|model| unpriced(&model, AlertSeverity::Warning))
            .collect::<Vec<_>>()
    };
    let service = &plane.services.alerts;

    let first = service.reconcile(UNPRICED, models(150)).await.unwrap();
    let second = service.reconcile(UNPRICED, models(150)).await.unwrap();
    let third = service.reconcile(UNPRICED, models(10)).await.unwrap();

    assert_eq!([first.raised, second.raised, third.ended], [100, 0, 90]);
    assert_eq!(alerts(&admin, "open: true").await.len(), 10);
}

#[tokio::test]
async fn names_and_reasons_are_bounded() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    let detail = AlertDetail {
        reason: Some("é".repeat(2000)),
        ..AlertDetail::default()
    };
    let (kind, subject) = (
        AlertKind::ModelUnpriced,
        AlertSubject::model(&"m".repeat(2000)),
    );
    let found = AlertCondition::new(kind, AlertSeverity::Warning, subject, detail);
    let service = &plane.services.alerts;
    service
        .reconcile(UNPRICED, vec![found.clone()])
        .await
        .unwrap();
    let again = service.reconcile(UNPRICED, vec![found]).await.unwrap();

    let alert = open(&admin, "MODEL_UNPRICED").await.unwrap();
    let length = |text: &Value| text.as_str().unwrap().chars().count();
    assert_eq!(length(&alert["subject"]["id"]), 200);
    assert_eq!(length(&alert["subject"]["name"]), 200);
    assert_eq!(length(&alert["detail"]["reason"]), 500);
    assert_eq!(again, ReconciledAlerts::default());
}

#[tokio::test]
async fn alerts_are_listed_in_pages_open_ones_first() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    let service = &plane.services.alerts;
    let models = |names: &[&str]| {
        let found = names.iter();
        found
            .map(|name| unpriced(name, AlertSeverity::Warning))
            .collect::<Vec<_>>()
    };
    for names in [&["a", "b", "c", "d"][..], &["b", "c", "d"], &["b", "d"]] {
        service.reconcile(UNPRICED, models(names)).await.unwrap();
        plane.advance(TimeDelta::minutes(1));
    }
    let query = "query($after: String) { alerts(first: 1, after: $after)
        { totalCount nodes { subject { name } } pageInfo { hasNextPage endCursor } } }";
    let (mut listed, mut after) = (Vec::new(), Value::Null);

    loop {
        let page = admin.ask_with(query, json!({ "after": after })).await;
        let page = &page["data"]["alerts"];
        assert_eq!(page["totalCount"], 4);
        listed.push(page["nodes"][0]["subject"]["name"].clone());
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }

    assert_eq!(listed, ["d", "b", "c", "a"]);
    assert_eq!(alerts(&admin, "subjectId: \"c\"").await.len(), 1);
    assert_eq!(alerts(&admin, "severity: CRITICAL").await.len(), 0);
}

#[tokio::test]
async fn an_ended_alert_is_kept_for_ninety_days() {
    let plane = ControlPlane::start().await;
    let service = &plane.services.alerts;
    reconcile(&plane, true).await;
    reconcile(&plane, false).await;
    plane.advance(TimeDelta::days(1));
    reconcile(&plane, true).await;

    plane.advance(TimeDelta::days(89));
    let kept = service.delete_ended().await.unwrap();
    plane.advance(TimeDelta::seconds(1));
    let deleted = service.delete_ended().await.unwrap();
    plane.advance(TimeDelta::days(365));
    let open_stays = service.delete_ended().await.unwrap();

    assert_eq!([kept, deleted, open_stays], [0, 1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_evaluates_alerts_without_notification_rules() {
    let mut options = Options::default();
    options.secrets.admin_password = Some(PASSWORD.into());
    let engine = scripted(Script::new()).await;
    let app = TestApp::with_data(TestDatabase::create().await, engine, options).await;
    let mut admin = Caller::new(app.address);
    admin.sign_in(PASSWORD).await;

    let health = eventually("the first evaluation", async || {
        let health = admin
            .ask("{ health { verdict evaluatedAt openAlerts } }")
            .await;
        let health = health["data"]["health"].clone();
        health["evaluatedAt"].is_string().then_some(health)
    });
    let health = health.await;

    let rules = admin.ask("{ notificationRules { id } }").await;
    assert_eq!(rules["data"]["notificationRules"], json!([]));
    assert!(health["openAlerts"].is_number(), "{health}");
    // The bundled prices may be old when this test runs; nothing else is wrong.
    let open = alerts(&admin, "open: true").await;
    assert!(
        open.iter().all(|alert| alert["kind"] == "PRICES_OUTDATED"),
        "{open:#?}"
    );
}
