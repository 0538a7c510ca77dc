//! Requests: their filters, why they failed, and their number over time.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    admin::Role,
    provider_account::ProviderKind,
    request::Outcome,
    request_failure::{LimitScope, RejectedBy, RejectingLimit},
};
use futures_util::StreamExt as _;
use proxypal_server::domain::{
    engine_usage::EngineUsage,
    requests::{RequestFilter, RequestRecord},
    tokens::Tokens,
};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, code, completed, eventually, soon};

/// A control plane with a user, and requests that a test describes.
struct Log {
    plane: ControlPlane,
    user_id: Uuid,
    api_key_id: Uuid,
    admin: Caller,
    holder: Caller,
}

impl Log {
    async fn open() -> Self {
        let plane = ControlPlane::start().await;
        let (user_id, holder) = plane.key_holder("Ada").await;
        let keys = plane.services.api_keys.of_users(&[user_id]).await.unwrap();
        Self {
            user_id,
            api_key_id: keys[0].id,
            admin: plane.script(Role::Viewer).await,
            holder,
            plane,
        }
    }

    /// A successful request at this time.
    fn record(&self, at: DateTime<Utc>) -> RequestRecord {
        RequestRecord {
            model: Some("m".to_owned()),
            ..completed(self.user_id, self.api_key_id, at)
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.plane.services.clock.now()
    }

    /// Writes requests and waits until they are stored.
    async fn write(&self, records: Vec<RequestRecord>) {
        let follow = self
            .plane
            .services
            .requests
            .follow(RequestFilter::default(), None);
        let mut feed = std::pin::pin!(follow.await.unwrap());
        let count = records.len();
        for record in records {
            let permit = self.plane.handles.recorder.permit().await.unwrap();
            permit.record(record);
        }
        for _ in 0..count {
            soon("a request", feed.next()).await.unwrap().unwrap();
        }
    }

    async fn report(&self, request_id: Uuid, account_id: Option<Uuid>, status: Option<u16>) {
        let report = EngineUsage {
            request_id,
            provider: Some(ProviderKind::Claude),
            account_id,
            failed: status.is_some(),
            status,
            message: status.map(|status| format!("message {status}")),
            tokens: None,
            service_tier: None,
        };
        self.plane.handles.reports.send(report).await.unwrap();
    }

    /// The ids of the requests that a filter finds.
    async fn ids(&self, filter: Value) -> Vec<Uuid> {
        let query = "query($filter: RequestFilter) { requests(filter: $filter, first: 100) { nodes { id } } }";
        let answer = self
            .admin
            .ask_with(query, json!({ "filter": filter }))
            .await;
        let nodes = answer["data"]["requests"]["nodes"].as_array();
        let nodes = nodes.unwrap_or_else(|| panic!("{answer}"));
        let ids = nodes.iter().map(|node| node["id"].as_str().unwrap());
        ids.map(|id| id.parse().unwrap()).collect()
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn every_filter_finds_its_requests() {
    let log = Log::open().await;
    let now = log.now();
    let connection_id = Uuid::now_v7();
    let (plain, mut limited, mut slow, mut turn) = (
        log.record(now),
        log.record(now),
        log.record(now),
        log.record(now),
    );
    limited.http_status = Some(429);
    limited.outcome = Outcome::UpstreamError;
    limited.error_code = Some("rate_limit_error".to_owned());
    slow.endpoint = "POST /v1/messages".to_owned();
    slow.duration = Duration::from_mins(1);
    slow.http_status = Some(503);
    slow.outcome = Outcome::UpstreamError;
    slow.error_code = Some("overloaded_error".to_owned());
    turn.connection_id = Some(connection_id);
    turn.http_status = Some(101);
    let [plain_id, limited_id, slow_id, turn_id] = [plain.id, limited.id, slow.id, turn.id];
    log.write(vec![plain, limited, slow, turn]).await;
    let account_id = Uuid::now_v7();
    log.report(slow_id, Some(account_id), Some(503)).await;
    eventually("the report", async || {
        let found = log.ids(json!({ "accountId": account_id })).await;
        (found == [slow_id]).then_some(())
    })
    .await;

    for (filter, expected) in [
        (
            json!({ "errorCodes": ["rate_limit_error"] }),
            vec![limited_id],
        ),
        (
            json!({ "errorCodes": ["rate_limit_error", "overloaded_error"] }),
            vec![slow_id, limited_id],
        ),
        (json!({ "errorCodes": [] }), vec![]),
        (json!({ "httpStatus": "429" }), vec![limited_id]),
        (json!({ "httpStatus": "5xx" }), vec![slow_id]),
        (json!({ "httpStatus": "1xx" }), vec![turn_id]),
        (json!({ "endpoint": "POST /v1/messages" }), vec![slow_id]),
        (json!({ "minDurationMs": 60_000 }), vec![slow_id]),
        (
            json!({ "maxDurationMs": 60_000, "httpStatus": "4xx" }),
            vec![limited_id],
        ),
        (json!({ "connectionId": connection_id }), vec![turn_id]),
        (json!({ "id": plain_id }), vec![plain_id]),
        (json!({ "id": plain_id.to_string()[..35] }), vec![plain_id]),
        (json!({ "id": "ffff" }), vec![]),
        (json!({ "accountId": Uuid::now_v7() }), vec![]),
        (
            json!({ "outcomes": ["UPSTREAM_ERROR"], "accountId": account_id, "httpStatus": "503" }),
            vec![slow_id],
        ),
    ] {
        let mut found = log.ids(filter.clone()).await;
        found.sort_unstable_by(|one, other| other.cmp(one));
        let mut expected = expected;
        expected.sort_unstable_by(|one, other| other.cmp(one));
        assert_eq!(found, expected, "{filter}");
    }
}

#[tokio::test]
async fn models_are_filtered_by_name_or_by_a_pattern_in_the_list_the_feed_and_the_histogram() {
    let log = Log::open().await;
    let mut ids = Vec::new();
    for model in ["Claude-Opus", "claude-opus-mini", "gpt_5", "gptx5", "100%"] {
        let mut record = log.record(log.now());
        record.model = Some(model.to_owned());
        ids.push(record.id);
        log.write(vec![record]).await;
    }
    let mut nameless = log.record(log.now());
    nameless.model = None;
    log.write(vec![nameless]).await;
    log.plane.advance(TimeDelta::minutes(1));

    for (model, expected) in [
        ("Claude-Opus", &[0][..]),
        ("claude-opus", &[]),
        ("claude-op*", &[0, 1]),
        ("*mini", &[1]),
        ("gpt_5*", &[2]),
        ("100%*", &[4]),
        ("%*", &[]),
        ("*", &[0, 1, 2, 3, 4]),
        ("c*e*-*i*i", &[1]),
    ] {
        let expected: Vec<Uuid> = expected.iter().rev().map(|at| ids[*at]).collect();
        let filter = json!({ "model": model });
        assert_eq!(log.ids(filter.clone()).await, expected, "{model}");
        let read = RequestFilter {
            model: Some(model.to_owned()),
            ..RequestFilter::default()
        };
        let followed = log.plane.services.requests.follow(read, Some("0")).await;
        let followed = std::pin::pin!(followed.unwrap());
        let oldest_first: Vec<Uuid> = expected.iter().rev().copied().collect();
        let fed: Vec<Uuid> = followed
            .take(expected.len())
            .map(|row| row.unwrap().id)
            .collect()
            .await;
        assert_eq!(fed, oldest_first, "{model}");
        let counted = "query($filter: RequestFilter) { requestHistogram(filter: $filter) { totals { total } } }";
        let counted = log
            .admin
            .ask_with(counted, json!({ "filter": filter }))
            .await;
        let count = &counted["data"]["requestHistogram"]["totals"]["total"];
        assert_eq!(count, &json!(expected.len()), "{model}: {counted}");
    }
}

#[tokio::test]
async fn an_invalid_filter_is_rejected_with_a_reason() {
    let log = Log::open().await;
    let query = "query($filter: RequestFilter) { requests(filter: $filter) { nodes { id } } }";
    for (filter, words) in [
        (json!({ "httpStatus": "9xx" }), "httpStatus must be"),
        (json!({ "id": "xyz" }), "id must be"),
        (json!({ "errorCodes": vec!["e"; 51] }), "at most 50"),
        (json!({ "endpoint": "x".repeat(801) }), "at most 800 bytes"),
        (json!({ "model": "a*b*c*d*e*" }), "at most 4 wildcards"),
    ] {
        let answer = log.admin.ask_with(query, json!({ "filter": filter })).await;

        assert_eq!(code(&answer), "BAD_USER_INPUT", "{filter}");
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn a_failed_request_has_its_message_limit_and_attempts() {
    let log = Log::open().await;
    let mut failed = log.record(log.now());
    failed.outcome = Outcome::UpstreamError;
    failed.http_status = Some(429);
    failed.error_message = Some("slow down".to_owned());
    failed.tokens = Some(Tokens::default());
    let mut rejected = log.record(log.now());
    rejected.outcome = Outcome::Rejected;
    rejected.rejected_by = Some(Box::new(RejectedBy {
        kind: RejectingLimit::QuotaCost,
        scope: LimitScope::Key,
        limit: 10_000_000_000,
        used: 9_500_000_000,
        reserved: 0,
        needed: None,
        resets_at: None,
        quota: None,
    }));
    let (failed_id, rejected_id) = (failed.id, rejected.id);
    log.write(vec![failed, rejected]).await;
    let account_id = Uuid::now_v7();
    log.report(failed_id, Some(account_id), Some(500)).await;
    log.report(failed_id, None, Some(429)).await;
    let fields =
        "errorCode errorMessage attempts { provider succeeded httpStatus message account { id } }
        rejectedBy { kind scope limit used reserved needed resetsAt quotaId window }";
    let request = |id: Uuid| format!("{{ request(id: \"{id}\") {{ {fields} }} }}");

    let answer = eventually("the attempts", async || {
        let answer = log.admin.ask(&request(failed_id)).await;
        let attempts = answer["data"]["request"]["attempts"].as_array();
        (attempts.unwrap().len() == 2).then_some(answer)
    })
    .await;

    assert_eq!(
        answer["data"]["request"],
        json!({
            "errorCode": null, "errorMessage": "slow down", "rejectedBy": null,
            "attempts": [
                { "provider": "CLAUDE", "succeeded": false, "httpStatus": 500, "message": "message 500", "account": null },
                { "provider": "CLAUDE", "succeeded": false, "httpStatus": 429, "message": "message 429", "account": null },
            ],
        })
    );
    let answer = log.admin.ask(&request(rejected_id)).await;
    assert_eq!(
        answer["data"]["request"]["rejectedBy"],
        json!({ "kind": "QUOTA_COST", "scope": "KEY", "limit": "10", "used": "9.5", "reserved": "0",
            "needed": null, "resetsAt": null, "quotaId": null, "window": null })
    );

    // Key holders see their own requests, and nothing about accounts.
    let own = |id: Uuid| {
        format!(
            "{{ viewer {{ ... on KeyHolder {{ request(id: \"{id}\") {{ {fields} account {{ id }} }} }} }} }}"
        )
    };
    let answer = log.holder.ask(&own(failed_id)).await;
    let request = &answer["data"]["viewer"]["request"];
    assert_eq!(request["errorMessage"], "slow down", "{answer}");
    assert_eq!(request["attempts"], json!([]));
    assert_eq!(request["account"], Value::Null);
    let (_, other) = log.plane.key_holder("Grace").await;
    let answer = other.ask(&own(failed_id)).await;
    assert_eq!(answer["data"]["viewer"]["request"], Value::Null);
}

const HISTOGRAM: &str = "query($filter: RequestFilter, $interval: Int) {
    requestHistogram(filter: $filter, intervalSeconds: $interval) { from to intervalSeconds complete
        buckets { from to total failed rejected } totals { total failed rejected tokens cost unpriced } } }";

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn the_histogram_counts_the_same_from_sums_and_from_requests() {
    let log = Log::open().await;
    let start: DateTime<Utc> = "2026-06-01T00:00:00Z".parse().unwrap();
    let mut records = Vec::new();
    for minute in 0..120 {
        let mut record = log.record(start + TimeDelta::minutes(minute));
        match minute % 4 {
            1 => record.outcome = Outcome::UpstreamError,
            2 => record.outcome = Outcome::Rejected,
            _ => {}
        }
        records.push(record);
    }
    log.write(records).await;
    let endpoint = "POST /v1/chat/completions";
    let range = |from: &str, to: &str| json!({ "from": from, "to": to });
    for (range, interval, totals) in [
        (
            range("2026-06-01T00:00:00Z", "2026-06-01T02:00:00Z"),
            1800,
            [120, 30, 30, 900],
        ),
        (
            range("2026-06-01T00:01:00Z", "2026-06-01T01:50:00Z"),
            900,
            [109, 28, 27, 820],
        ),
        (
            range("2026-06-01T00:01:00Z", "2026-06-01T00:05:00Z"),
            60,
            [4, 1, 1, 30],
        ),
        (
            range("2026-06-01T00:50:00Z", "2026-06-02T00:00:00Z"),
            3600,
            [70, 17, 18, 520],
        ),
    ] {
        let ask = async |filter: Value| {
            let variables = json!({ "filter": filter, "interval": interval });
            let answer = log.admin.ask_with(HISTOGRAM, variables).await;
            assert_eq!(answer["errors"], Value::Null, "{answer}");
            answer["data"]["requestHistogram"].clone()
        };
        let mut counted = range.clone();
        counted["endpoint"] = endpoint.into();

        let (from_sums, from_rows) = (ask(range.clone()).await, ask(counted).await);

        assert_eq!(from_sums, from_rows);
        let [total, failed, rejected, tokens] = totals;
        let found = &from_sums["totals"];
        assert_eq!(
            [
                &found["total"],
                &found["failed"],
                &found["rejected"],
                &found["tokens"]
            ],
            [
                &json!(total),
                &json!(failed),
                &json!(rejected),
                &json!(tokens)
            ],
            "{range}"
        );
        assert_eq!(from_sums["from"], range["from"]);
        assert_eq!(from_sums["to"], range["to"]);
        let buckets = from_sums["buckets"].as_array().unwrap();
        let sum: i64 = buckets
            .iter()
            .map(|one| one["total"].as_i64().unwrap())
            .sum();
        assert_eq!(sum, total);
    }
}

#[tokio::test]
async fn the_histogram_of_a_user_covers_the_last_24_hours_and_only_their_requests() {
    let log = Log::open().await;
    let now = log.now();
    log.write(vec![
        log.record(now - TimeDelta::hours(25)),
        log.record(now - TimeDelta::minutes(1)),
    ])
    .await;
    let (other, _) = log.plane.key_holder("Grace").await;
    log.plane.record(other, "m").await;
    let query = "{ viewer { ... on KeyHolder { requestHistogram { intervalSeconds complete totals { total } buckets { total } } } } }";

    let answer = log.holder.ask(query).await;

    let histogram = &answer["data"]["viewer"]["requestHistogram"];
    assert_eq!(histogram["totals"]["total"], 1, "{answer}");
    assert_eq!(histogram["intervalSeconds"], 900);
    assert!(histogram["buckets"].as_array().unwrap().len() <= 98);
    let answer = log
        .admin
        .ask_with(HISTOGRAM, json!({ "interval": 60 }))
        .await;
    assert_eq!(code(&answer), "BAD_USER_INPUT");
}
