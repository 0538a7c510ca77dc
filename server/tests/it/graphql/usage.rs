//! Usage: sums to the token, by the clocks of any place, for those who may see them.

mod forecast;
mod parts;

use axum::{Router, http::StatusCode, routing::post};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    admin::Role,
    request::{Outcome, UsageSource},
};
use proxypal_server::domain::{
    engine_usage::EngineUsage, requests::RequestRecord, tokens::Tokens, users::NewUser,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Caller, ControlPlane, Events, TestApp, code, completed, eventually, test_context,
};

const TOTALS: &str = "requests failed rejected tokens { input cacheRead cacheWrite output reasoning total } \
    cost unpriced unknown estimated averageDurationMs";

/// A request of ten input tokens at this time.
fn record(user_id: Uuid, api_key_id: Uuid, at: DateTime<Utc>) -> RequestRecord {
    RequestRecord {
        duration: std::time::Duration::from_millis(1500),
        ..completed(user_id, api_key_id, at)
    }
}

/// A control plane and a user with a key, for whom requests can be recorded.
struct Book {
    plane: ControlPlane,
    admin: Caller,
    user_id: Uuid,
    api_key_id: Uuid,
    recorded: i64,
}

impl Book {
    async fn open() -> Self {
        let plane = ControlPlane::start().await;
        let admin = plane.script(Role::Viewer).await;
        let (user_id, _) = plane.key_holder("ada").await;
        let keys = plane.services.api_keys.of_users(&[user_id]).await.unwrap();
        Self {
            plane,
            admin,
            user_id,
            api_key_id: keys[0].id,
            recorded: 0,
        }
    }

    async fn at(&mut self, time: &str) {
        let record = record(self.user_id, self.api_key_id, time.parse().unwrap());
        self.write(record).await;
    }

    /// Records a request and waits until it is counted.
    async fn write(&mut self, record: RequestRecord) {
        let place = self.plane.handles.recorder.permit().await.unwrap();
        place.record(record);
        self.recorded += 1;
        let everything = "{ usage(range: { from: \"2020-01-01T00:00:00Z\", to: \"2030-01-01T00:00:00Z\" }) \
            { totals { requests rejected } } }";
        eventually("the sum", async || {
            let answer = self.admin.ask(everything).await;
            let totals = &answer["data"]["usage"]["totals"];
            let counted = totals["requests"].as_i64()? + totals["rejected"].as_i64()?;
            (counted == self.recorded).then_some(())
        })
        .await;
    }

    /// The starts of a series' points and their requests.
    async fn series(&self, arguments: &str, bucket: &str) -> Vec<(String, i64)> {
        let query = format!(
            "{{ usage({arguments}) {{ series(bucket: {bucket}) {{ from totals {{ requests }} }} }} }}"
        );
        let answer = self.admin.ask(&query).await;
        let points = answer["data"]["usage"]["series"].as_array();
        let points = points.unwrap_or_else(|| panic!("{answer}")).iter();
        let point = |point: &Value| {
            let from = point["from"].as_str().unwrap().to_owned();
            (from, point["totals"]["requests"].as_i64().unwrap())
        };
        points.map(point).collect()
    }
}

/// An engine that answers chats with fifteen tokens and fails messages.
fn engine() -> Router {
    let usage = json!({
        "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
        "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 2}
    });
    let answer = json!({ "model": "served", "choices": [], "usage": usage });
    let chat = post(async move || axum::Json(answer));
    let failing = post(async || (StatusCode::BAD_GATEWAY, "no"));
    Router::new()
        .route("/v1/chat/completions", chat)
        .route("/v1/messages", failing)
}

/// Sends three chats, one that is refused, and one that fails; waits until all are recorded.
async fn send_five(app: &TestApp, secret: &str) {
    let mut records = app.records().await;

    for (path, model) in [
        ("/v1/chat/completions", "gpt-5"),
        ("/v1/chat/completions", "gpt-5-mini"),
        ("/v1/chat/completions", "gpt-5"),
        ("/v1/chat/completions", "forbidden"),
        ("/v1/messages", "claude"),
    ] {
        let request = app.http.post(app.url(path));
        let request = request.bearer_auth(secret);
        let answer = request.json(&json!({ "model": model })).send().await;
        answer.unwrap().bytes().await.unwrap();
        records.next().await;
    }
}

/// A script that may read everything.
async fn viewer_of(app: &TestApp) -> Caller {
    let token = app
        .services
        .api_tokens
        .create(test_context(), "script", Role::Viewer, None);
    let secret = token.await.unwrap().secret;
    Caller::new(app.address).with_bearer(secret.expose_secret())
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn gateway_usage_is_counted_to_the_token() {
    let app = TestApp::with_engine(engine()).await;
    let allowed = ["gpt-*", "claude"].map(str::to_owned);
    let user = NewUser {
        name: "ada".to_owned(),
        allowed_models: Some(allowed.into()),
        ..NewUser::default()
    };
    let (user, issued) = app
        .services
        .users
        .create(test_context(), user)
        .await
        .unwrap();
    send_five(&app, issued.secret.expose_secret()).await;

    let caller = viewer_of(&app).await;
    let query = format!(
        "{{ usage {{ timezone totals {{ {TOTALS} }} \
         models: breakdown(by: MODEL, orderBy: REQUESTS) {{ key label model user {{ name }} totals {{ requests tokens {{ total }} }} }} \
         users: breakdown(by: USER) {{ key label user {{ name }} }} \
         keys: breakdown(by: API_KEY) {{ label apiKey {{ name }} }} \
         providers: breakdown(by: PROVIDER) {{ key label provider account {{ id }} }} }} \
         usageReconciliation {{ matched mismatched wireOnly engineOnly unknown }} }}"
    );
    let answer = caller.ask(&query).await;

    let usage = &answer["data"]["usage"];
    let mut totals = usage["totals"].clone();
    totals["averageDurationMs"].take();
    assert_eq!(
        totals,
        json!({
            "requests": 4, "failed": 1, "rejected": 1,
            "tokens": { "input": 18, "cacheRead": 12, "cacheWrite": 0, "output": 9, "reasoning": 6, "total": 45 },
            "cost": "0.0001276", "unpriced": 0, "unknown": 0, "estimated": 0, "averageDurationMs": null
        }),
        "{answer}"
    );
    let model = |name: &str, requests: i64, tokens: i64| {
        json!({
            "key": name, "label": name, "model": name, "user": null,
            "totals": { "requests": requests, "tokens": { "total": tokens } }
        })
    };
    assert_eq!(
        usage["models"],
        json!([
            model("gpt-5", 2, 30),
            model("gpt-5-mini", 1, 15),
            model("claude", 1, 0),
            model("forbidden", 0, 0)
        ])
    );
    assert_eq!(
        usage["users"],
        json!([{ "key": user.id, "label": "ada", "user": { "name": "ada" } }])
    );
    let key = &usage["keys"][0];
    assert_eq!(key["label"], key["apiKey"]["name"]);
    assert_eq!(
        usage["providers"],
        json!([{ "key": "", "label": null, "provider": null, "account": null }])
    );
    assert_eq!(
        answer["data"]["usageReconciliation"],
        json!({ "matched": 0, "mismatched": 0, "wireOnly": 4, "engineOnly": 0, "unknown": 0 })
    );
}

#[tokio::test]
async fn a_report_of_the_engine_corrects_the_sums() {
    let mut book = Book::open().await;
    let now = book.plane.services.clock.now();
    let mut unknown = record(book.user_id, book.api_key_id, now);
    unknown.tokens = None;
    unknown.usage_source = UsageSource::Unknown;
    let request_id = unknown.id;
    book.write(unknown).await;
    book.at(&now.to_rfc3339()).await;
    let query = "{ usage { totals { requests unknown tokens { total } }
        breakdown(by: PROVIDER, orderBy: TOKENS) { key provider totals { requests tokens { total } } } }
        usageReconciliation { matched wireOnly engineOnly unknown } }";
    let before = book.admin.ask(query).await;

    let report = EngineUsage {
        request_id,
        provider: Some(entity::provider_account::ProviderKind::Claude),
        account_id: None,
        failed: false,
        status: None,
        message: None,
        tokens: Some(Tokens {
            output: 7,
            ..Tokens::default()
        }),
        service_tier: None,
    };
    book.plane.handles.reports.send(report).await.unwrap();

    assert_eq!(
        before["data"]["usage"]["totals"],
        json!({ "requests": 2, "unknown": 1, "tokens": { "total": 10 } })
    );
    assert_eq!(before["data"]["usageReconciliation"]["unknown"], 1);
    eventually("the change", async || {
        let answer = book.admin.ask(query).await;
        let unknown = &answer["data"]["usage"]["totals"]["unknown"];
        (*unknown == 0).then_some(())
    })
    .await;
    // The parts of one answer are read one after the other.
    let after = book.admin.ask(query).await;
    assert_eq!(
        after["data"],
        json!({
            "usage": {
                "totals": { "requests": 2, "unknown": 0, "tokens": { "total": 17 } },
                "breakdown": [
                    { "key": "", "provider": null, "totals": { "requests": 1, "tokens": { "total": 10 } } },
                    { "key": "claude", "provider": "CLAUDE", "totals": { "requests": 1, "tokens": { "total": 7 } } }
                ]
            },
            "usageReconciliation": { "matched": 0, "wireOnly": 1, "engineOnly": 1, "unknown": 0 }
        })
    );
}

#[tokio::test]
async fn the_previous_period_and_percentiles_are_exact_in_total_and_by_group() {
    let mut book = Book::open().await;
    for (at, model, millis) in [
        ("2025-06-01T12:00:00Z", "gpt-5", 50),
        ("2025-06-01T13:00:00Z", "gone", 50),
        ("2025-06-02T12:00:00Z", "gpt-5", 300),
        ("2025-06-02T13:00:00Z", "gpt-5", 100),
        ("2025-06-02T14:00:00Z", "new", 200),
    ] {
        let mut record = record(book.user_id, book.api_key_id, at.parse().unwrap());
        record.model = Some(model.to_owned());
        record.duration = std::time::Duration::from_millis(millis);
        let is_new = model == "new";
        record.time_to_first_byte = is_new.then(|| std::time::Duration::from_millis(20));
        book.write(record).await;
    }
    let mut rejected = record(
        book.user_id,
        book.api_key_id,
        "2025-06-02T15:00:00Z".parse().unwrap(),
    );
    rejected.outcome = Outcome::Rejected;
    book.write(rejected).await;

    let latency = "latency { requests duration { p50Ms p95Ms p99Ms } timeToFirstByte { p50Ms } }";
    let query = format!(
        "{{ usage(range: {{ from: \"2025-06-02T00:00:00Z\", to: \"2025-06-03T00:00:00Z\" }}) {{ {latency} \
         previous {{ from to totals {{ requests tokens {{ total }} }} }} \
         breakdown(by: MODEL, orderBy: REQUESTS) {{ key totals {{ rejected }} previous {{ requests }} {latency} }} \
         series(bucket: DAY, by: MODEL) {{ slices {{ previous {{ requests }} latency {{ requests }} }} }} }} }}"
    );
    let answer = book.admin.ask(&query).await;

    let usage = &answer["data"]["usage"];
    let percentiles = |p50: i64, p95: i64| json!({ "p50Ms": p50, "p95Ms": p95, "p99Ms": p95 });
    assert_eq!(
        usage["previous"],
        json!({
            "from": "2025-06-01T00:00:00Z", "to": "2025-06-02T00:00:00Z",
            "totals": { "requests": 2, "tokens": { "total": 20 } }
        }),
        "{answer}"
    );
    assert_eq!(
        usage["latency"],
        json!({ "requests": 3, "duration": percentiles(200, 300), "timeToFirstByte": { "p50Ms": 20 } })
    );
    assert_eq!(
        usage["breakdown"],
        json!([
            {
                "key": "gpt-5", "totals": { "rejected": 1 }, "previous": { "requests": 1 },
                "latency": { "requests": 2, "duration": percentiles(100, 300), "timeToFirstByte": null }
            },
            {
                "key": "new", "totals": { "rejected": 0 }, "previous": { "requests": 0 },
                "latency": { "requests": 1, "duration": percentiles(200, 200), "timeToFirstByte": { "p50Ms": 20 } }
            }
        ])
    );
    let slice = &usage["series"][0]["slices"][0];
    assert_eq!(*slice, json!({ "previous": null, "latency": null }));
}

#[tokio::test]
async fn days_follow_the_time_zone_also_at_daylight_saving_changes() {
    let mut book = Book::open().await;
    // The last second of a day in Berlin, an hour that exists twice there, and the last of that day.
    book.at("2026-10-24T21:59:59.999999Z").await;
    book.at("2026-10-25T00:30:00Z").await;
    book.at("2026-10-25T01:30:00Z").await;
    book.at("2026-10-25T22:59:59Z").await;
    book.at("2026-10-25T23:00:00Z").await;
    let range = |timezone: &str| {
        format!(
            "range: {{ from: \"2026-10-23T22:00:00Z\", to: \"2026-10-26T23:00:00Z\" }}, timezone: \"{timezone}\""
        )
    };

    let berlin = book.series(&range("Europe/Berlin"), "DAY").await;
    let kolkata = book.series(&range("Asia/Kolkata"), "DAY").await;
    let utc = book.series(&range("UTC"), "DAY").await;
    let hours = "range: { from: \"2026-10-24T22:00:00Z\", to: \"2026-10-25T23:00:00Z\" }, timezone: \"Europe/Berlin\"";
    let hours = book.series(hours, "HOUR").await;
    let weeks = book.series(&range("Europe/Berlin"), "WEEK").await;

    let pairs = |points: &[(&str, i64)]| -> Vec<_> {
        let points = points.iter();
        points
            .map(|(from, count)| ((*from).to_owned(), *count))
            .collect()
    };
    assert_eq!(
        berlin,
        pairs(&[
            ("2026-10-23T22:00:00Z", 1),
            ("2026-10-24T22:00:00Z", 3),
            ("2026-10-25T23:00:00Z", 1)
        ])
    );
    assert_eq!(
        kolkata,
        pairs(&[
            ("2026-10-23T22:00:00Z", 0),
            ("2026-10-24T18:30:00Z", 3),
            ("2026-10-25T18:30:00Z", 2),
            ("2026-10-26T18:30:00Z", 0)
        ])
    );
    assert_eq!(
        utc,
        pairs(&[
            ("2026-10-23T22:00:00Z", 0),
            ("2026-10-24T00:00:00Z", 1),
            ("2026-10-25T00:00:00Z", 4),
            ("2026-10-26T00:00:00Z", 0)
        ])
    );
    assert_eq!(hours.len(), 25);
    assert_eq!(hours.iter().filter(|(_, count)| *count == 1).count(), 3);
    assert_eq!(
        weeks,
        pairs(&[("2026-10-23T22:00:00Z", 4), ("2026-10-25T23:00:00Z", 1)])
    );
}

#[tokio::test]
async fn a_preset_ends_with_today_and_a_filter_excludes_the_rest() {
    let mut book = Book::open().await;
    let now = book.plane.services.clock.now();
    let (eve, _) = book.plane.key_holder("eve").await;
    let keys = book.plane.services.api_keys.of_users(&[eve]).await.unwrap();
    book.at(&now.to_rfc3339()).await;
    book.at(&(now - TimeDelta::days(400)).to_rfc3339()).await;
    let mut others = record(eve, keys[0].id, now);
    others.model = Some("opus".to_owned());
    book.write(others).await;
    let (ada, key) = (book.user_id, keys[0].id);

    for (arguments, requests) in [
        (String::new(), 2),
        ("range: { preset: ALL }".to_owned(), 3),
        (
            "range: { preset: TODAY }, timezone: \"Pacific/Kiritimati\"".to_owned(),
            2,
        ),
        ("range: { preset: YESTERDAY }".to_owned(), 0),
        (format!("filter: {{ userId: \"{ada}\" }}"), 1),
        (
            "filter: { model: \"gpt-5\" }, range: { preset: ALL }".to_owned(),
            2,
        ),
        (
            format!("filter: {{ apiKeyId: \"{key}\", model: \"opus\" }}"),
            1,
        ),
        (
            format!("filter: {{ apiKeyId: \"{key}\", userId: \"{ada}\" }}"),
            0,
        ),
        ("filter: { provider: CLAUDE }".to_owned(), 0),
        (format!("filter: {{ accountId: \"{ada}\" }}"), 0),
    ] {
        let arguments = if arguments.is_empty() {
            arguments
        } else {
            format!("({arguments})")
        };
        let query = format!(
            "{{ usage{arguments} {{ totals {{ requests }} breakdown(by: MODEL) {{ totals {{ requests }} }} }} }}"
        );
        let answer = book.admin.ask(&query).await;
        let usage = &answer["data"]["usage"];
        assert_eq!(usage["totals"]["requests"], requests, "{query}: {answer}");
        let parts = usage["breakdown"].as_array().unwrap().iter();
        let parts: i64 = parts
            .map(|part| part["totals"]["requests"].as_i64().unwrap())
            .sum();
        assert_eq!(parts, requests, "{query}: {answer}");
    }
}

#[tokio::test]
async fn a_series_is_grouped_by_the_largest_groups() {
    let mut book = Book::open().await;
    for (time, model, input) in [
        ("2026-05-01T10:00:00Z", "small", 1),
        ("2026-05-01T11:00:00Z", "large", 100),
        ("2026-05-02T10:00:00Z", "middle", 20),
        ("2026-05-02T10:00:00Z", "large", 5),
    ] {
        let mut record = record(book.user_id, book.api_key_id, time.parse().unwrap());
        record.model = Some(model.to_owned());
        record.tokens = Some(Tokens {
            input,
            ..Tokens::default()
        });
        book.write(record).await;
    }
    let range = "range: { from: \"2026-05-01T00:00:00Z\", to: \"2026-05-04T00:00:00Z\" }";
    let series = "series(bucket: DAY, by: MODEL, first: 2, orderBy: TOKENS) { totals { tokens { total } } slices { key totals { tokens { total } } } }";
    let user = book.user_id;

    for arguments in [
        range.to_owned(),
        format!("{range}, filter: {{ userId: \"{user}\" }}"),
    ] {
        let answer = book
            .admin
            .ask(&format!("{{ usage({arguments}) {{ {series} }} }}"))
            .await;
        let slice = |key: &str, total: i64| json!({ "key": key, "totals": { "tokens": { "total": total } } });
        let point = |total: i64, slices: &[Value]| json!({ "totals": { "tokens": { "total": total } }, "slices": slices });
        assert_eq!(
            answer["data"]["usage"]["series"],
            json!([
                point(101, &[slice("large", 100)]),
                point(25, &[slice("large", 5), slice("middle", 20)]),
                point(0, &[]),
            ]),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_dashboard_is_within_the_limits() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    let part =
        |by: &str| format!("{by}: breakdown(by: {by}) {{ key label totals {{ {TOTALS} }} }}");
    let parts = ["USER", "API_KEY", "PROVIDER", "ACCOUNT", "MODEL"].map(part);
    let query = format!(
        "{{ usage(range: {{ preset: LAST_30_DAYS }}) {{ from to timezone totals {{ {TOTALS} }} {} \
         series(bucket: DAY, by: MODEL) {{ from to totals {{ {TOTALS} }} slices {{ key label totals {{ {TOTALS} }} }} }} }} }}",
        parts.join(" ")
    );

    assert_eq!(code(&admin.ask(&query).await), "");
}

#[tokio::test]
async fn invalid_usage_queries_are_rejected() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Viewer).await;
    let long = "range: { from: \"2020-01-01T00:00:00Z\", to: \"2026-01-01T00:00:00Z\" }";

    for query in [
        "{ usage(timezone: \"Middle-earth/Shire\") { timezone } }".to_owned(),
        "{ usageReconciliation(timezone: \"\") { matched } }".to_owned(),
        "{ usage(range: { from: \"2026-01-02T00:00:00Z\", to: \"2026-01-01T00:00:00Z\" }) { from } }".to_owned(),
        "{ usage(range: { from: \"2026-01-02T00:00:00Z\", to: \"2026-01-02T00:00:00Z\" }) { from } }".to_owned(),
        "{ usage(range: { to: \"2026-01-02T00:00:00Z\" }) { from } }".to_owned(),
        "{ usage(range: { preset: ALL, to: \"2026-01-02T00:00:00Z\" }) { from } }".to_owned(),
        "{ usage { breakdown(by: USER, first: 0) { key } } }".to_owned(),
        "{ usage { breakdown(by: USER, first: 201) { key } } }".to_owned(),
        "{ usage { series(bucket: DAY, by: USER, first: 21) { from } } }".to_owned(),
        "{ usage(range: { from: \"2026-01-01T00:00:00Z\", to: \"2026-02-01T00:00:00Z\" }) \
         { series(bucket: HOUR, by: USER, first: 11) { from } } }"
            .to_owned(),
        format!("{{ usage({long}) {{ series(bucket: HOUR) {{ from }} }} }}"),
        format!("{{ usage({long}) {{ series(bucket: DAY) {{ from }} }} }}"),
        format!("{{ usage({long}) {{ series(bucket: WEEK) {{ from }} }} }}"),
    ] {
        assert_eq!(code(&admin.ask(&query).await), "BAD_USER_INPUT", "{query}");
    }
    for arguments in [
        "intervalSeconds: 0",
        "intervalSeconds: 3601",
        "timezone: \"x\"",
    ] {
        let query = format!("subscription {{ usageTicked({arguments}) {{ at }} }}");
        let mut events = Events::open(&admin, &query).await;
        assert_eq!(code(&events.data().await), "BAD_USER_INPUT", "{query}");
    }
}

#[tokio::test]
async fn end_users_see_only_their_own_usage() {
    let plane = ControlPlane::start().await;
    let ((ada, holder), (eve, _)) = (plane.key_holder("ada").await, plane.key_holder("eve").await);
    plane.record(ada, "gpt-5").await;
    plane.record(eve, "gpt-5").await;
    let own = "{ viewer { ... on KeyHolder {
        user { usage { totals { requests } breakdown(by: USER) { label } } }
        apiKey { usage(range: { preset: TODAY }) { totals { requests } breakdown(by: MODEL) { key } } } } } }";

    let answer = holder.ask(own).await;

    assert_eq!(
        answer["data"]["viewer"],
        json!({
            "user": { "usage": { "totals": { "requests": 1 }, "breakdown": [{ "label": "ada" }] } },
            "apiKey": { "usage": { "totals": { "requests": 1 }, "breakdown": [{ "key": "gpt-5" }] } }
        }),
        "{answer}"
    );
    let accounts = own.replace("by: USER", "by: ACCOUNT");
    assert_eq!(code(&holder.ask(&accounts).await), "FORBIDDEN");
    for field in ["usage { from }", "usageReconciliation { matched }"] {
        let query = format!("{{ {field} }}");
        assert_eq!(code(&holder.ask(&query).await), "FORBIDDEN");
        assert_eq!(
            code(&plane.anonymous().ask(&query).await),
            "UNAUTHENTICATED"
        );
    }
}

#[tokio::test]
async fn an_update_contains_the_usage_since_the_previous_one() {
    let plane = ControlPlane::start().await;
    let script = plane.script(Role::Viewer).await;
    let ((ada, _), (eve, _)) = (plane.key_holder("ada").await, plane.key_holder("eve").await);
    plane.record(ada, "gpt-5").await;
    let query = format!(
        "subscription {{ usageTicked(intervalSeconds: 1, filter: {{ userId: \"{ada}\" }}) \
         {{ at sinceLast {{ requests tokens {{ output }} }} today {{ requests }} }} }}"
    );
    let mut events = Events::open(&script, &query).await;

    let first = events.data().await;
    for user in [ada, eve, ada] {
        plane.record(user, "gpt-5").await;
    }
    let (mut requests, mut output, mut today) = (0, 0, 0);
    while requests < 2 {
        let tick = events.data().await["data"]["usageTicked"].clone();
        requests += tick["sinceLast"]["requests"].as_i64().unwrap();
        output += tick["sinceLast"]["tokens"]["output"].as_i64().unwrap();
        today = tick["today"]["requests"].as_i64().unwrap();
    }
    let quiet = events.data().await;

    let first = &first["data"]["usageTicked"];
    assert_eq!(first["sinceLast"]["requests"], 0);
    assert_eq!(first["today"]["requests"], 1);
    assert_eq!((requests, output, today), (2, 4, 3));
    let quiet = &quiet["data"]["usageTicked"];
    assert_eq!(quiet["sinceLast"]["requests"], 0);
    assert_eq!(quiet["today"]["requests"], 3);

    let token = plane.services.api_tokens.list().await.unwrap().remove(0);
    plane
        .services
        .api_tokens
        .revoke(test_context(), token.id)
        .await
        .unwrap();
    while let Some((event, _)) = events.next().await {
        assert_eq!(event, "next");
    }
}

/// The rows of exported usage: from when, and how many requests.
async fn exported(book: &Book, every: &str, zone: &str, range: &str) -> Vec<(String, i64)> {
    let operation = format!(
        "mutation {{ exportUsage(every: {every}, timezone: \"{zone}\", range: {range}, \
         format: JSON_LINES) {{ download {{ path }} }} }}"
    );
    let answer = book.admin.ask(&operation).await;
    let path = answer["data"]["exportUsage"]["download"]["path"].as_str();
    let path = path.unwrap_or_else(|| panic!("{answer}"));
    let text = book.admin.get(path).await.text().await.unwrap();
    let rows = text.lines().map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        let from = row["from"].as_str().unwrap().to_owned();
        (from, row["requests"].as_i64().unwrap())
    });
    rows.collect()
}

#[tokio::test]
async fn an_export_groups_by_days_and_hours_of_the_time_zone() {
    let mut book = Book::open().await;
    // It is seven in the evening of the first of June in Ho Chi Minh City.
    for time in [
        "2026-05-31T16:59:00Z",
        "2026-05-31T17:00:00Z",
        "2026-05-31T23:59:00Z",
        "2026-06-01T11:00:00Z",
    ] {
        book.at(time).await;
    }
    let today = "{ preset: TODAY }";

    let there = exported(&book, "DAY", "Asia/Ho_Chi_Minh", today).await;
    let week = exported(&book, "DAY", "Asia/Ho_Chi_Minh", "{ preset: LAST_7_DAYS }").await;
    let utc = exported(&book, "DAY", "UTC", today).await;
    let hours = exported(&book, "HOUR", "Asia/Kathmandu", today).await;

    let row = |from: &str, requests| (from.to_owned(), requests);
    assert_eq!(there, [row("2026-05-31T17:00:00Z", 3)]);
    let may = row("2026-05-30T17:00:00Z", 1);
    assert_eq!(week, [may, row("2026-05-31T17:00:00Z", 3)]);
    assert_eq!(utc, [row("2026-06-01T00:00:00Z", 1)]);
    let expected = [
        row("2026-05-31T23:15:00Z", 1),
        row("2026-06-01T10:15:00Z", 1),
    ];
    assert_eq!(hours, expected);
}

#[tokio::test]
async fn an_export_counts_each_request_in_its_day_and_hour_in_every_zone() {
    let mut book = Book::open().await;
    let changes = ["2026-03-28T12:00:00Z", "2026-04-04T06:00:00Z"];
    let mut times: Vec<DateTime<Utc>> = Vec::new();
    for start in changes {
        let start: DateTime<Utc> = start.parse().unwrap();
        times.extend((0..24).map(|step| start + TimeDelta::minutes(75 * step)));
    }
    for at in &times {
        let place = book.plane.handles.recorder.permit().await.unwrap();
        place.record(record(book.user_id, book.api_key_id, *at));
        book.recorded += 1;
    }
    // Outside of the range: once it is counted, all are.
    book.at("2026-05-01T00:00:00Z").await;
    let range = "{ from: \"2026-03-28T12:00:00Z\", to: \"2026-04-05T23:59:00Z\" }";

    for name in [
        "UTC",
        "Asia/Ho_Chi_Minh",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Europe/Berlin",
        "America/St_Johns",
        "Pacific/Chatham",
    ] {
        let zone: chrono_tz::Tz = name.parse().unwrap();
        for (every, pattern) in [("DAY", "%F"), ("HOUR", "%F %H %z")] {
            let unit = |at: DateTime<Utc>| at.with_timezone(&zone).format(pattern).to_string();
            let mut expected = std::collections::BTreeMap::<String, i64>::new();
            for at in &times {
                *expected.entry(unit(*at)).or_default() += 1;
            }
            let rows = exported(&book, every, name, range).await;
            let rows = rows
                .into_iter()
                .filter(|(from, _)| from.as_str() < "2026-04-06");
            let found = rows.map(|(from, count)| (unit(from.parse().unwrap()), count));
            let found: std::collections::BTreeMap<_, _> = found.collect();
            assert_eq!(found, expected, "{name} {every}");
        }
    }
}
