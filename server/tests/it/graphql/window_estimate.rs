//! Estimates of usage windows between the provider's readings: levels, parts of users, what one percent buys, and
//! forecasts.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    admin::Role,
    provider_account::{ProviderKind, SubscriptionWindow},
    request::Protocol,
    window_reading::ReadingSource,
};
use proxypal_server::domain::{
    engine_usage::EngineUsage,
    provider_accounts::NewProviderApiKey,
    requests::RequestRecord,
    tokens::Tokens,
    window_readings::{WindowReadings, WindowReport},
    windows::WindowUsage,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::notification::{channel, rule, watcher};
use crate::support::{
    Caller, ControlPlane, code, completed, eventually, server::METRICS_TOKEN, test_context,
};

const START: &str = "2026-06-01T12:00:00Z";
/// Percent of the window that one unit uses.
const RATE: f64 = 2.0;
const WINDOWS: &str = "query($id: ID!) { accountWindows(accountId: $id) { name usedPercent resetsAt \
    estimate { level readAt unitsPerPercent doubt outsidePercent pace \
    forecast { probability earliest likely latest lowestLevel highestLevel withheldBecause } } \
    usedBy(first: 5) { user { name } units percent } \
    cycles(first: 5) { startedAt endedAt percent units outsidePercent unitsPerPercent } } }";
const OWN: &str = "{ viewer { ... on KeyHolder { windows { provider accountNumber name level resetsAt ownPercent \
    forecast { probability withheldBecause } } } } }";

/// An account with a window of five hours that ada and bob use.
struct Subscription {
    plane: ControlPlane,
    account_id: Uuid,
    ada: (Uuid, Uuid),
    bob: (Uuid, Uuid),
    ada_caller: Caller,
    /// Minutes since the start of the test.
    minute: i64,
    /// Of the provider's window.
    percent: f64,
    resets_at: i64,
}

impl Subscription {
    async fn start() -> Self {
        let plane = ControlPlane::start().await;
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
        let account_id = accounts.add_api_key(test_context(), new).await.unwrap().id;
        let (ada, ada_caller) = plane.key_holder("ada").await;
        let (bob, _) = plane.key_holder("bob").await;
        let key = async |user| plane.services.api_keys.of_users(&[user]).await.unwrap()[0].id;
        Self {
            ada: (ada, key(ada).await),
            bob: (bob, key(bob).await),
            plane,
            account_id,
            ada_caller,
            minute: 0,
            percent: 0.0,
            resets_at: 300,
        }
    }

    fn at(minute: i64) -> DateTime<Utc> {
        START.parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minute)
    }

    fn wait(&mut self, minutes: i64) {
        self.minute += minutes;
        self.plane.advance(TimeDelta::minutes(minutes));
    }

    /// A request of a user through the account. The engine reports the account afterwards. A unit is a third of a million
    /// input tokens of Sonnet.
    async fn request(&mut self, (user_id, api_key_id): (Uuid, Uuid), units: i64) {
        let record = RequestRecord {
            model: Some("claude-sonnet-4-5".to_owned()),
            protocol: Protocol::AnthropicMessages,
            tokens: Some(Tokens {
                input: units * 1_000_000 / 3,
                ..Tokens::default()
            }),
            ..completed(user_id, api_key_id, Self::at(self.minute))
        };
        let id = record.id;
        let handles = &self.plane.handles;
        handles.recorder.permit().await.unwrap().record(record);
        let report = EngineUsage {
            request_id: id,
            provider: Some(ProviderKind::Claude),
            account_id: Some(self.account_id),
            failed: false,
            status: None,
            message: None,
            tokens: None,
            service_tier: None,
        };
        handles.reports.send(report).await.unwrap();
        let requests = &self.plane.services.requests;
        eventually("the account of the request", async || {
            let row = requests.find(id).await.unwrap()?;
            row.account_id.map(|_| ())
        })
        .await;
        self.percent += RATE * f64::from(i32::try_from(units).unwrap());
    }

    async fn read(&self) {
        self.read_as(self.percent).await;
    }

    async fn read_as(&self, percent: f64) {
        #[expect(clippy::cast_possible_truncation, reason = "a percentage")]
        let used_percent = percent.min(100.0) as i32;
        let report = WindowReport {
            account_id: self.account_id,
            observed_at: Self::at(self.minute),
            source: ReadingSource::Answer,
            windows: vec![SubscriptionWindow {
                name: "five_hour".to_owned(),
                used_percent,
                resets_at: Some(Self::at(self.resets_at)),
                length_seconds: Some(18_000),
            }],
        };
        let windows = self.plane.services.provider_accounts.windows();
        windows.record(report).await.unwrap();
    }

    /// Work and pauses of 200 minutes, which use 54 % of the window.
    async fn work(&mut self) {
        self.read().await;
        for _ in 0..9 {
            self.request(self.ada, 2).await;
            self.request(self.bob, 1).await;
            self.wait(2);
            self.read().await;
            self.wait(18);
            self.read().await;
        }
    }

    /// The next cycle begins.
    async fn reset(&mut self) {
        self.wait(self.resets_at - self.minute);
        self.resets_at += 300;
        self.percent = 0.0;
        self.read().await;
    }

    async fn learned() -> Self {
        let mut subscription = Self::start().await;
        subscription.work().await;
        subscription.reset().await;
        subscription.work().await;
        subscription
    }

    async fn window(&self, caller: &Caller) -> Value {
        let variables = json!({ "id": self.account_id });
        let answer = caller.ask_with(WINDOWS, variables).await;
        let window = &answer["data"]["accountWindows"][0];
        assert!(window.is_object(), "{answer}");
        window.clone()
    }
}

fn near(value: &Value, expected: f64, tolerance: f64) {
    let number = value.as_f64();
    let is_near = number.is_some_and(|number| (number - expected).abs() <= tolerance);
    assert!(is_near, "{value} instead of {expected}");
}

#[tokio::test]
async fn parts_of_users_and_use_elsewhere_add_up_to_the_level() {
    let mut subscription = Subscription::learned().await;
    let viewer = subscription.plane.script(Role::Viewer).await;

    let window = subscription.window(&viewer).await;
    near(&window["estimate"]["level"], 54.0, 1.5);
    near(&window["estimate"]["unitsPerPercent"], 1.0 / RATE, 0.05);
    near(&window["estimate"]["outsidePercent"], 0.0, 4.0);
    near(&window["usedBy"][0]["percent"], 36.0, 3.0);
    assert_eq!(window["usedBy"][0]["user"]["name"], "ada");
    near(&window["usedBy"][1]["units"], 9.0, 0.01);
    assert_eq!(window["usedBy"][1]["user"]["name"], "bob");
    let cycle = &window["cycles"][0];
    assert_eq!(cycle["endedAt"], "2026-06-01T17:00:00Z");
    near(&cycle["percent"], 54.0, 1.0);
    near(&cycle["units"], 27.0, 0.01);
    near(&cycle["unitsPerPercent"], 1.0 / RATE, 0.1);

    // Other programs use 20 %.
    subscription.percent += 20.0;
    subscription.wait(5);
    subscription.read().await;
    let window = subscription.window(&viewer).await;
    near(&window["estimate"]["outsidePercent"], 20.0, 4.0);
    let users = window["usedBy"].as_array().unwrap().iter();
    let parts: f64 = users.map(|user| user["percent"].as_f64().unwrap()).sum();
    let outside = window["estimate"]["outsidePercent"].as_f64().unwrap();
    near(&window["estimate"]["level"], parts + outside, 0.01);
}

#[tokio::test]
async fn a_request_counts_before_the_provider_reports_it() {
    let mut subscription = Subscription::learned().await;
    let viewer = subscription.plane.script(Role::Viewer).await;
    let level = async |subscription: &Subscription| {
        subscription.window(&viewer).await["estimate"]["level"].as_f64()
    };
    let before = level(&subscription).await.unwrap();

    subscription.request(subscription.bob, 3).await;

    let after = before + 3.0 * RATE;
    eventually("the request", async || {
        let now = level(&subscription).await?;
        ((now - after).abs() < 1.0).then_some(())
    })
    .await;
    let window = subscription.window(&viewer).await;
    assert_eq!(window["usedPercent"], 54);
}

#[tokio::test]
async fn a_forecast_is_made_or_its_absence_explained() {
    let mut subscription = Subscription::start().await;
    let viewer = subscription.plane.script(Role::Viewer).await;
    let reason = async |subscription: &Subscription| {
        let window = subscription.window(&viewer).await;
        window["estimate"]["forecast"]["withheldBecause"].clone()
    };
    subscription.percent = 30.0;
    subscription.read().await;
    assert_eq!(reason(&subscription).await, "LEARNING");
    subscription.percent = 0.0;
    subscription.reset().await;
    for _ in 0..2 {
        subscription.work().await;
        subscription.reset().await;
    }
    assert_eq!(reason(&subscription).await, "TOO_EARLY");
    subscription.work().await;

    let window = subscription.window(&viewer).await;
    let forecast = &window["estimate"]["forecast"];
    assert_eq!(forecast["withheldBecause"], Value::Null, "{window}");
    assert!(forecast["probability"].as_f64().unwrap() <= 1.0);
    assert!(forecast["highestLevel"].as_f64() >= forecast["lowestLevel"].as_f64());
    assert!(window["estimate"]["pace"].as_f64().is_some());

    // Three units are used, and nothing is read for a quarter of an hour.
    subscription.request(subscription.ada, 3).await;
    subscription.wait(16);
    eventually("a reading that is too old", async || {
        (reason(&subscription).await == "NO_RECENT_READING").then_some(())
    })
    .await;
    subscription.read_as(100.0).await;
    assert_eq!(reason(&subscription).await, "USED_UP");
    // Nothing is heard for days.
    subscription.wait(3 * 24 * 60);
    assert_eq!(reason(&subscription).await, "NOT_STARTED");
}

#[tokio::test]
async fn users_see_their_own_part_and_no_other_users() {
    let subscription = Subscription::learned().await;

    let answer = subscription.ada_caller.ask(OWN).await;
    let windows = answer["data"]["viewer"]["windows"].as_array();
    let windows = windows.unwrap_or_else(|| panic!("{answer}"));

    assert_eq!(windows.len(), 1);
    assert_eq!(windows[0]["provider"], "CLAUDE");
    assert_eq!(windows[0]["accountNumber"], 1);
    near(&windows[0]["level"], 54.0, 1.5);
    near(&windows[0]["ownPercent"], 36.0, 3.0);
    assert!(!answer.to_string().contains("bob"));
    let (_, eve) = subscription.plane.key_holder("eve").await;
    let answer = eve.ask(OWN).await;
    assert_eq!(answer["data"]["viewer"]["windows"], json!([]), "{answer}");
    let variables = json!({ "id": subscription.account_id });
    let answer = eve.ask_with(WINDOWS, variables).await;
    assert_eq!(code(&answer), "FORBIDDEN", "{answer}");
}

#[tokio::test]
async fn what_was_learned_outlives_a_restart() {
    let subscription = Subscription::learned().await;
    let plane = &subscription.plane;
    let before = plane.services.provider_accounts.windows().usage();
    before.refresh().await.unwrap();
    let last = plane.services.requests.last_sequence().await.unwrap();
    let after = WindowReadings::new(plane.db.clone(), plane.services.clock.clone());
    after.usage().begin(last);

    let id = subscription.account_id;
    let window = after
        .usage()
        .window(id, "five_hour")
        .await
        .unwrap()
        .unwrap();

    let known = before.window(id, "five_hour").await.unwrap().unwrap();
    assert_eq!(window.cycle_id, known.cycle_id);
    let (units, expected) = (
        window.outlook.units_per_percent.unwrap(),
        known.outlook.units_per_percent.unwrap(),
    );
    assert!((units - expected).abs() < 1e-9, "{units}");
    let users = |usage: &WindowUsage| {
        let users = usage.users(id, "five_hour").into_iter();
        users
            .map(|user| (user.user_id, user.units.total().round().to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(users(after.usage()), users(before));
}

#[tokio::test]
async fn window_estimates_are_metrics() {
    let subscription = Subscription::learned().await;
    let scraper = subscription.plane.anonymous().with_bearer(METRICS_TOKEN);
    let page = scraper.get("/metrics").await;
    let page = page.text().await.unwrap();

    for metric in ["level_percent", "units_per_percent", "reading_age_seconds"] {
        let series = format!(
            "proxypal_account_window_{metric}{{account=\"{}\",window=\"five_hour\"}}",
            subscription.account_id
        );
        assert!(page.contains(&series), "{page}");
    }
}

#[tokio::test]
async fn a_window_that_will_end_early_is_reported_once_in_its_cycle() {
    let mut subscription = Subscription::learned().await;
    let admin = subscription.plane.script(Role::Admin).await;
    let settings = json!({ "webhook": { "url": "http://127.0.0.1:9" } });
    let (channel, _) = channel(&admin, "ops", settings).await;
    for event in ["WINDOW_FORECAST", "OUTSIDE_USE", "ALLOWANCE_CHANGED"] {
        rule(&admin, event, &channel, json!({ "quietMinutes": 0 })).await;
    }
    let watcher = watcher(&subscription.plane);
    let usage = subscription
        .plane
        .services
        .provider_accounts
        .windows()
        .usage()
        .clone();
    let evaluated = async || {
        usage.refresh().await.unwrap();
        watcher.evaluate().await.unwrap()
    };
    assert_eq!(evaluated().await, 0);

    subscription.reset().await;
    for _ in 0..6 {
        subscription.request(subscription.ada, 5).await;
        subscription.wait(10);
        subscription.read().await;
    }
    assert_eq!(evaluated().await, 1);
    assert_eq!(evaluated().await, 0);
    // A pause makes the end less likely; it is not reported again in this cycle.
    subscription.wait(100);
    subscription.read().await;
    assert_eq!(evaluated().await, 0);
    subscription.percent += 15.0;
    subscription.wait(5);
    subscription.read().await;
    assert_eq!(evaluated().await, 1, "use elsewhere");

    let sent = subscription
        .plane
        .services
        .notifications
        .latest(10)
        .await
        .unwrap();
    let titles: Vec<_> = sent.iter().map(|row| row.title.as_str()).collect();
    let account = "claude (claude)";
    assert_eq!(
        titles,
        [
            format!("ProxyPal: {account} is used outside of this server"),
            format!("ProxyPal: five_hour of {account} is likely to be used up before its reset"),
        ]
    );
}
