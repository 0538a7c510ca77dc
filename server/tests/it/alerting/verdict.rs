//! The verdict of the overview.

use chrono::TimeDelta;
use entity::{
    admin::Role,
    alert::{AlertDetail, AlertKind, AlertSeverity},
    request::Outcome,
};
use proxypal_server::domain::{
    alerts::{AlertCondition, AlertSubject},
    provider_accounts::Finding,
};
use serde_json::{Value, json};

use crate::support::{Caller, ControlPlane, code};

async fn health(caller: &Caller) -> Value {
    let query =
        "{ health { verdict evaluatedAt openAlerts unacknowledgedAlerts recentRequests recentFailed isFailing
        accounts { enabled unverified } } }";
    let answer = caller.ask(query).await;
    assert_eq!(code(&answer), "", "{answer}");
    answer["data"]["health"].clone()
}

#[tokio::test]
async fn the_verdict_is_the_most_severe_open_alert_and_uncertain_without_an_evaluation() {
    let plane = ControlPlane::start().await;
    let caller = plane.script(Role::Viewer).await;
    let alerts = &plane.services.alerts;
    let kinds = [AlertKind::DiskLow, AlertKind::EngineDown];
    let condition = |kind, severity, subject| {
        AlertCondition::new(kind, severity, subject, AlertDetail::default())
    };
    let warning = condition(kinds[0], AlertSeverity::Warning, AlertSubject::server());
    let critical = condition(kinds[1], AlertSeverity::Critical, AlertSubject::engine());
    let verdict = async || health(&caller).await["verdict"].clone();
    let mut verdicts = vec![verdict().await];

    alerts.set_evaluated();
    verdicts.push(verdict().await);
    for found in [
        vec![warning.clone()],
        vec![warning.clone(), critical],
        vec![warning],
        vec![],
    ] {
        alerts.reconcile(&kinds, found).await.unwrap();
        verdicts.push(verdict().await);
    }
    plane.advance(TimeDelta::minutes(3));
    verdicts.push(verdict().await);

    assert_eq!(
        verdicts,
        [
            "UNCERTAIN",
            "HEALTHY",
            "WARNING",
            "CRITICAL",
            "WARNING",
            "HEALTHY",
            "UNCERTAIN"
        ]
    );
}

#[tokio::test]
async fn a_server_is_not_healthy_while_a_third_of_its_requests_fail() {
    let plane = ControlPlane::start().await;
    let caller = plane.script(Role::Viewer).await;
    let (user, _) = plane.key_holder("ada").await;
    plane.services.alerts.set_evaluated();

    plane.record_as(user, "m", Outcome::UpstreamError).await;
    plane.record(user, "m").await;
    plane.record(user, "m").await;
    let third = health(&caller).await;
    plane.record(user, "m").await;
    let quarter = health(&caller).await;

    assert_eq!(third["verdict"], "UNCERTAIN");
    assert_eq!(
        [&third["recentRequests"], &third["recentFailed"]],
        [&json!(3), &json!(1)]
    );
    assert_eq!(third["isFailing"], true);
    assert_eq!(quarter["verdict"], "HEALTHY");
    assert_eq!(quarter["isFailing"], false);
}

#[tokio::test]
async fn accounts_are_unverified_until_a_check_has_passed() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let add = "mutation { addProviderApiKey(input: { kind: CLAUDE, apiKey: \"sk-ant-canary-0123456789\" })
        { account { id } } }";
    let added = admin.ask(add).await;
    assert_eq!(code(&added), "", "{added}");
    let id = added["data"]["addProviderApiKey"]["account"]["id"]
        .as_str()
        .unwrap();
    let accounts = &plane.services.provider_accounts;
    let check = async |failure: Option<&str>| {
        let finding = Finding {
            failure: failure.map(str::to_owned),
            ..Finding::default()
        };
        accounts
            .record_check(id.parse().unwrap(), finding)
            .await
            .unwrap();
        health(&admin).await["accounts"].clone()
    };
    let unused = health(&admin).await["accounts"].clone();

    let failed = check(Some("HTTP 401")).await;
    let passed = check(None).await;
    let disable = "mutation($id: ID!) { updateProviderAccount(id: $id, input: { enabled: false }) { account { id } } }";
    let disabled = admin.ask_with(disable, json!({ "id": id })).await;
    assert_eq!(code(&disabled), "", "{disabled}");

    assert_eq!(unused, json!({ "enabled": 1, "unverified": 1 }));
    assert_eq!(failed, unused);
    assert_eq!(passed, json!({ "enabled": 1, "unverified": 0 }));
    assert_eq!(health(&admin).await["accounts"]["enabled"], 0);
}
