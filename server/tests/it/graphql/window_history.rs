//! The history of the usage windows of accounts.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    admin::Role,
    provider_account::{ProviderKind, SubscriptionWindow},
    window_reading::ReadingSource,
};
use proxypal_server::domain::{
    provider_accounts::NewProviderApiKey,
    window_readings::{WindowReadings, WindowReport},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, code, test_context};

/// The time of the test's clock.
const NOW: &str = "2026-06-01T12:00:00Z";
const HISTORY: &str = "query($id: ID!, $since: DateTime!) { windowHistory(accountId: $id, since: $since) \
    { name readings { usedPercent resetsAt } } }";

fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

async fn account(plane: &ControlPlane) -> Uuid {
    let new = NewProviderApiKey {
        kind: ProviderKind::Claude,
        api_key: "sk-ant-canary-0123456789".into(),
        label: None,
        base_url: None,
        headers: Vec::new(),
        models: Vec::new(),
        prefix: None,
    };
    let accounts = &plane.services.provider_accounts;
    accounts.add_api_key(test_context(), new).await.unwrap().id
}

fn report(account_id: Uuid, minutes_ago: i64, levels: &[(&str, i32)]) -> WindowReport {
    let window = |(name, used_percent): &(&str, i32)| SubscriptionWindow {
        name: (*name).to_owned(),
        used_percent: *used_percent,
        resets_at: Some(now() + TimeDelta::hours(3)),
        length_seconds: None,
    };
    WindowReport {
        account_id,
        observed_at: now() - TimeDelta::minutes(minutes_ago),
        source: ReadingSource::Answer,
        windows: levels.iter().map(window).collect(),
    }
}

async fn history(caller: &Caller, id: Uuid, since: DateTime<Utc>) -> Value {
    let variables = json!({ "id": id, "since": since });
    caller.ask_with(HISTORY, variables).await
}

/// The levels by window.
async fn levels(caller: &Caller, id: Uuid, since: DateTime<Utc>) -> Vec<String> {
    let answer = history(caller, id, since).await;
    let windows = answer["data"]["windowHistory"].as_array();
    let windows = windows.unwrap_or_else(|| panic!("{answer}")).iter();
    let text = |window: &Value| {
        let readings = window["readings"].as_array().unwrap().iter();
        let percents: Vec<String> = readings
            .map(|reading| reading["usedPercent"].to_string())
            .collect();
        format!(
            "{}: {}",
            window["name"].as_str().unwrap(),
            percents.join(" ")
        )
    };
    windows.map(text).collect()
}

#[tokio::test]
async fn the_history_has_each_change_of_each_window_since_a_time() {
    let plane = ControlPlane::start().await;
    let id = account(&plane).await;
    let windows = plane.services.provider_accounts.windows();
    for (minutes_ago, session, week) in [(60, 10, 3), (50, 10, 3), (40, 12, 3), (30, 20, 4)] {
        let levels = [("five_hour", session), ("seven_day", week)];
        let recorded = windows.record(report(id, minutes_ago, &levels)).await;
        recorded.unwrap();
    }
    let viewer = plane.script(Role::Viewer).await;

    let all = levels(&viewer, id, now() - TimeDelta::days(1)).await;
    assert_eq!(all, ["five_hour: 10 12 20", "seven_day: 3 4"]);
    let late = levels(&viewer, id, now() - TimeDelta::minutes(45)).await;
    assert_eq!(late, ["five_hour: 12 20", "seven_day: 4"]);
    let unknown = levels(&viewer, Uuid::now_v7(), now() - TimeDelta::days(1)).await;
    assert_eq!(unknown, Vec::<String>::new());
}

#[tokio::test]
async fn key_holders_do_not_see_windows() {
    let plane = ControlPlane::start().await;
    let id = account(&plane).await;
    let (_, holder) = plane.key_holder("ada").await;

    let answer = history(&holder, id, now()).await;

    assert_eq!(code(&answer), "FORBIDDEN", "{answer}");
}

#[tokio::test]
async fn a_level_outlives_a_restart() {
    let plane = ControlPlane::start().await;
    let id = account(&plane).await;
    let record = async |windows: &WindowReadings, minutes_ago, percent| {
        let report = report(id, minutes_ago, &[("five_hour", percent)]);
        windows.record(report).await.unwrap()
    };
    let windows = plane.services.provider_accounts.windows();
    assert!(record(windows, 60, 50).await);

    let restarted = WindowReadings::new(plane.db.clone(), plane.services.clock.clone());
    assert!(!record(&restarted, 50, 50).await, "nothing changed");
    assert!(!record(&restarted, 40, 7).await, "one stale reading");
    assert!(record(&restarted, 30, 55).await);

    let owner = plane.script(Role::Owner).await;
    assert_eq!(
        levels(&owner, id, now() - TimeDelta::days(1)).await,
        ["five_hour: 50 55"]
    );
}

#[tokio::test]
async fn readings_are_kept_for_90_days() {
    let plane = ControlPlane::start().await;
    let id = account(&plane).await;
    let windows = plane.services.provider_accounts.windows();
    windows
        .record(report(id, 0, &[("five_hour", 10)]))
        .await
        .unwrap();

    plane.advance(TimeDelta::days(89));
    assert_eq!(plane.retention().pass().await.unwrap().window_readings, 0);
    plane.advance(TimeDelta::days(2));
    assert_eq!(plane.retention().pass().await.unwrap().window_readings, 1);
}
