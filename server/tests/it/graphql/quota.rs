//! Quotas: set, edited, queried and reset.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{admin::Role, provider_account::ProviderKind};
use proxypal_server::domain::engine_usage::EngineUsage;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, code, eventually, test_context};

const SET: &str = "mutation($input: SetQuotasInput!) { setQuotas(input: $input) {
    user { quotas { ...Q } } apiKey { quotas { ...Q } } } }
    fragment Q on Quota { id metric limit window rollingSeconds timezone provider modelPattern softPercents
        strict unpriced freeModels used reserved remaining usedPercent warningPercent resetsAt createdAt
        user { name } apiKey { name } }";
const RESET: &str = "mutation($id: ID!) { resetUserUsage(id: $id) {
    user { usedTokens usageResetAt quotas { used } apiKeys { quotas { used } } } previousUsedTokens } }";
const CREATE: &str = "mutation($input: CreateUserInput!) { createUser(input: $input) {
    user { id quotas { metric limit used } rateLimit { requestsPerMinute } } } }";
const UNKNOWN: &str = "0197a3c0-0000-7000-8000-000000000000";
/// The usage of the control plane's requests.
const TOKENS: i64 = 5_000_000_002;

#[tokio::test]
async fn a_quota_reports_its_usage() {
    let (plane, admin, ada) = plane_with_ada().await;
    plane.record(ada, "gpt-5").await;

    let quotas = set(
        &admin,
        ada,
        json!([{ "metric": "TOKENS", "limit": 10_000_000_004_i64 }]),
    )
    .await;

    let quota = &quotas[0];
    assert_eq!(
        *quota,
        json!({
            "id": quota["id"], "metric": "TOKENS", "limit": 10_000_000_004_i64, "window": "MONTH",
            "rollingSeconds": null, "timezone": "UTC", "provider": null, "modelPattern": null,
            "softPercents": [80, 95], "strict": false, "unpriced": null, "freeModels": null,
            "used": TOKENS, "reserved": 0,
            "remaining": TOKENS, "usedPercent": 50.0, "warningPercent": null,
            "resetsAt": "2026-07-01T00:00:00Z", "createdAt": "2026-06-01T12:00:00Z",
            "user": { "name": "ada" }, "apiKey": null,
        })
    );
    plane.record(ada, "gpt-5").await;
    let quota = &quotas_of(&admin, ada).await[0];
    assert_eq!(quota["remaining"], 0);
    assert_eq!(quota["usedPercent"], 100.0);
    assert_eq!(quota["warningPercent"], 95);
}

#[tokio::test]
async fn a_quota_of_costs_has_policies_for_models_without_a_price_and_for_free_ones() {
    let (_plane, admin, ada) = plane_with_ada().await;
    let policies = async |quota: Value| {
        let quota = &set(&admin, ada, json!([quota])).await[0];
        (
            quota["unpriced"].clone(),
            quota["freeModels"].clone(),
            quota["id"].clone(),
        )
    };

    let (unpriced, free, id) = policies(json!({ "metric": "COST", "limit": "1" })).await;
    assert_eq!((unpriced, free), (json!("ASSUME"), json!("ALLOW")));
    let refusing =
        json!({ "metric": "COST", "limit": "1", "unpriced": "REFUSE", "freeModels": "REFUSE" });
    assert_eq!(
        policies(refusing).await,
        (json!("REFUSE"), json!("REFUSE"), id)
    );
    let (unpriced, ..) =
        policies(json!({ "metric": "COST", "limit": "1", "unpriced": "ALLOW" })).await;
    assert_eq!(unpriced, "ALLOW");
    let of_tokens = json!([{ "metric": "TOKENS", "limit": 1, "unpriced": "REFUSE" }]);
    let input = json!({ "input": { "userId": ada, "quotas": of_tokens } });
    let answer = admin.ask_with(SET, input).await;
    assert_eq!(code(&answer), "BAD_USER_INPUT", "{answer}");
}

#[tokio::test]
async fn a_preview_counts_what_was_used_and_stores_nothing() {
    let (plane, admin, ada) = plane_with_ada().await;
    plane.record(ada, "gpt-5").await;
    let preview =
        "query($user: ID!, $quota: QuotaInput!) { quotaPreview(userId: $user, quota: $quota) {
        used rejectsImmediately resetsAt } }";
    let ask = async |quota: Value| {
        let answer = admin
            .ask_with(preview, json!({ "user": ada, "quota": quota }))
            .await;
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"]["quotaPreview"].clone()
    };

    let reached = ask(json!({ "metric": "TOKENS", "limit": 1000 })).await;
    let wide = ask(json!({ "metric": "TOKENS", "limit": TOKENS + 1 })).await;
    let other = ask(json!({ "metric": "TOKENS", "limit": 1000, "modelPattern": "claude-*" })).await;

    let expected = |used: i64, rejects: bool| json!({ "used": used, "rejectsImmediately": rejects, "resetsAt": "2026-07-01T00:00:00Z" });
    assert_eq!(reached, expected(TOKENS, true));
    assert_eq!(wide, expected(TOKENS, false));
    assert_eq!(other, expected(0, false));
    assert_eq!(quotas_of(&admin, ada).await, json!([]));

    // An edited quota keeps what it has counted.
    set(
        &admin,
        ada,
        json!([{ "metric": "TOKENS", "limit": TOKENS + 1 }]),
    )
    .await;
    let edited = ask(json!({ "metric": "TOKENS", "limit": 1000 })).await;
    assert_eq!(edited, expected(TOKENS, true));
    let wrong = admin
        .ask_with(
            preview,
            json!({ "user": ada, "quota": { "metric": "TOKENS", "limit": 0 } }),
        )
        .await;
    assert_eq!(code(&wrong), "BAD_USER_INPUT", "{wrong}");
}

#[tokio::test]
async fn dollars_are_exact_and_written_as_decimals() {
    let (_plane, admin, ada) = plane_with_ada().await;

    for (written, read) in [
        (json!("12.5"), "12.5"),
        (json!(3), "3"),
        (json!("0.000000001"), "0.000000001"),
        (json!("9223372036.854775807"), "9223372036.854775807"),
    ] {
        let quotas = set(&admin, ada, json!([{ "metric": "COST", "limit": written }])).await;
        assert_eq!(quotas[0]["limit"], read);
        assert_eq!(quotas[0]["used"], "0");
        assert_eq!(quotas[0]["remaining"], read);
    }
}

/// Invalid quotas, and a part of each error message.
#[expect(clippy::too_many_lines, reason = "a table")]
fn nonsense() -> Vec<(Value, &'static str)> {
    let tokens = |more: Value| {
        let mut quota = json!({ "metric": "TOKENS", "limit": 5 });
        let more = more.as_object().unwrap().clone();
        quota.as_object_mut().unwrap().extend(more);
        json!([quota])
    };
    let same = json!({ "metric": "TOKENS", "limit": 5 });
    vec![
        (
            tokens(json!({ "limit": 0 })),
            "disable the user or narrow allowedModels",
        ),
        (tokens(json!({ "limit": -3 })), "disable the user"),
        (tokens(json!({ "limit": 1.5 })), "not a whole number"),
        (
            tokens(json!({ "limit": "5" })),
            "must be a whole number without quotes",
        ),
        (
            tokens(json!({ "limit": 9_223_372_036_854_775_808_u64 })),
            "not a whole number",
        ),
        (
            tokens(json!({ "metric": "COST", "limit": "1,5" })),
            "\"1.25\"",
        ),
        (
            tokens(json!({ "metric": "COST", "limit": "0" })),
            "must be greater than 0",
        ),
        (
            tokens(json!({ "metric": "COST", "limit": 9_223_372_037_i64 })),
            "too large",
        ),
        (
            tokens(json!({ "timezone": "Middle/Earth" })),
            "unknown time zone \"Middle/Earth\"",
        ),
        (
            tokens(json!({ "window": "ROLLING" })),
            "needs rollingSeconds",
        ),
        (
            tokens(json!({ "window": "ROLLING", "rollingSeconds": 59 })),
            "between 60 and",
        ),
        (
            tokens(json!({ "window": "DAY", "rollingSeconds": 3600 })),
            "leave it out",
        ),
        (
            tokens(json!({ "modelPattern": " " })),
            "modelPattern must not be empty",
        ),
        (
            tokens(json!({ "modelPattern": "x".repeat(201) })),
            "at most 200 characters",
        ),
        (tokens(json!({ "softPercents": [0] })), "between 1 and 99"),
        (tokens(json!({ "softPercents": [100] })), "between 1 and 99"),
        (tokens(json!({ "softPercents": [80, 50] })), "each greater"),
        (tokens(json!({ "softPercents": [80, 80] })), "each greater"),
        (
            json!([same, { "metric": "TOKENS", "limit": 6, "strict": true }]),
            "counts the same",
        ),
        (json!(vec![same; 21]), "at most 20 quotas"),
    ]
}

#[tokio::test]
async fn invalid_quotas_are_rejected_with_a_reason() {
    let (_plane, admin, ada) = plane_with_ada().await;

    for (quotas, reason) in nonsense() {
        let input = json!({ "userId": ada, "quotas": quotas });
        let answer = admin.ask_with(SET, json!({ "input": input })).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT", "{input}: {answer}");
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(reason), "{input}: {message}");
    }
    assert_eq!(quotas_of(&admin, ada).await, json!([]));
}

#[tokio::test]
async fn limits_require_exactly_one_active_user_or_key() {
    let (plane, admin, ada) = plane_with_ada().await;
    let (eve, _) = plane.key_holder("eve").await;
    let key = key_of(&plane, eve).await;
    plane
        .services
        .users
        .archive(test_context(), eve)
        .await
        .unwrap();
    let limits = [
        (SET, "quotas"),
        (
            "mutation($input: SetRateLimitInput!) { setRateLimit(input: $input) { user { id } } }",
            "requestsPerMinute",
        ),
    ];

    for (mutation, field) in limits {
        let ask = async |mut input: Value| {
            input[field] = if field == "quotas" {
                json!([])
            } else {
                json!(5)
            };
            let answer = admin.ask_with(mutation, json!({ "input": input })).await;
            code(&answer).to_owned()
        };
        assert_eq!(ask(json!({})).await, "BAD_USER_INPUT");
        let both = json!({ "userId": ada, "apiKeyId": key });
        assert_eq!(ask(both).await, "BAD_USER_INPUT");
        for unknown in [json!("x"), json!(UNKNOWN), json!(eve)] {
            assert_eq!(ask(json!({ "userId": unknown })).await, "NOT_FOUND");
            assert_eq!(ask(json!({ "apiKeyId": unknown })).await, "NOT_FOUND");
        }
        assert_eq!(ask(json!({ "apiKeyId": key })).await, "CONFLICT");
    }
    for unknown in [json!("x"), json!(UNKNOWN), json!(eve)] {
        let answer = admin.ask_with(RESET, json!({ "id": unknown })).await;
        assert_eq!(code(&answer), "NOT_FOUND");
    }
}

#[tokio::test]
async fn an_edited_quota_keeps_its_id_and_usage() {
    let (plane, admin, ada) = plane_with_ada().await;
    let before = set(
        &admin,
        ada,
        json!([{ "metric": "TOKENS", "limit": 5 }, { "metric": "REQUESTS", "limit": 5 }]),
    )
    .await;
    plane.record(ada, "gpt-5").await;
    plane.advance(TimeDelta::days(1));

    let edited = json!([
        { "metric": "REQUESTS", "limit": 9, "softPercents": [], "strict": true },
        { "metric": "REQUESTS", "limit": 9, "window": "DAY" },
    ]);
    let after = set(&admin, ada, edited).await;

    assert_eq!(after.as_array().unwrap().len(), 2, "{after}");
    let kept = &after[0];
    assert_eq!(kept["id"], before[1]["id"]);
    assert_eq!(kept["createdAt"], before[1]["createdAt"]);
    assert_eq!(
        [
            &kept["limit"],
            &kept["used"],
            &kept["softPercents"],
            &kept["strict"]
        ],
        [&json!(9), &json!(1), &json!([]), &json!(true)]
    );
    assert_eq!(after[1]["used"], 0);
    assert_eq!(after[1]["createdAt"], "2026-06-02T12:00:00Z");
    assert_eq!(set(&admin, ada, json!([])).await, json!([]));
}

#[tokio::test]
async fn a_new_quota_starts_with_the_usage_of_its_window() {
    let (plane, admin, ada) = plane_with_ada().await;
    let (eve, _) = plane.key_holder("eve").await;
    plane.record(eve, "gpt-5").await;
    plane.record(ada, "gpt-5").await;
    plane.advance(TimeDelta::days(30));
    plane.record(ada, "models/gpt-5(high)").await;
    plane.advance(TimeDelta::hours(3));
    plane.record(ada, "claude-opus").await;
    plane.advance(TimeDelta::minutes(40));
    plane.record(ada, "gpt-5").await;
    // It is Wednesday, the first of July, 15:40.
    let cases = [
        (json!({ "window": "LIFETIME" }), 4),
        (json!({ "window": "MONTH" }), 3),
        (json!({ "window": "WEEK" }), 3),
        (json!({ "window": "DAY" }), 3),
        (json!({ "window": "DAY", "timezone": "Asia/Kolkata" }), 3),
        (json!({ "window": "DAY", "timezone": "Asia/Tokyo" }), 2),
        (json!({ "window": "HOUR" }), 2),
        (json!({ "window": "HOUR", "timezone": "Asia/Kolkata" }), 1),
        (json!({ "window": "ROLLING", "rollingSeconds": 600 }), 1),
        (json!({ "window": "ROLLING", "rollingSeconds": 3600 }), 2),
        (json!({ "window": "ROLLING", "rollingSeconds": 86400 }), 3),
        (
            json!({ "window": "ROLLING", "rollingSeconds": 34_560_000 }),
            4,
        ),
        (json!({ "window": "LIFETIME", "modelPattern": "gpt-*" }), 3),
        (json!({ "window": "LIFETIME", "modelPattern": "gpt-5" }), 3),
        (
            json!({ "window": "LIFETIME", "modelPattern": "claude-*" }),
            1,
        ),
        (json!({ "window": "LIFETIME", "modelPattern": "o3" }), 0),
        // The provider that served them is not reported yet.
        (json!({ "window": "LIFETIME", "provider": "CLAUDE" }), 4),
    ];

    for (quota, requests) in cases {
        for (metric, used) in [("TOKENS", requests * TOKENS), ("REQUESTS", requests)] {
            let mut quota = quota.clone();
            quota["metric"] = json!(metric);
            quota["limit"] = json!(i64::MAX);
            let set = set(&admin, ada, json!([quota])).await;
            assert_eq!(set[0]["used"], used, "{quota}");
        }
    }
}

#[tokio::test]
async fn a_quota_resets_where_a_chart_begins_its_next_bucket() {
    let (plane, admin, ada) = plane_with_ada().await;
    // In order, for the clock only moves forward: a gap at midnight, half an hour skipped, half an hour
    // repeated, and a zone that is 5:45 ahead of UTC.
    for (now, zone) in [
        ("2026-09-05T23:10:00Z", "America/Santiago"),
        ("2026-10-03T15:10:00Z", "Australia/Lord_Howe"),
        ("2026-10-03T15:40:00Z", "Australia/Lord_Howe"),
        ("2026-10-25T00:20:00Z", "Europe/Berlin"),
        ("2026-12-31T18:05:00Z", "Asia/Kathmandu"),
        ("2027-04-03T14:30:00Z", "Australia/Lord_Howe"),
        ("2027-04-03T15:10:00Z", "Australia/Lord_Howe"),
    ] {
        let now: DateTime<Utc> = now.parse().unwrap();
        plane.advance(now - plane.services.clock.now());
        for (unit, days) in [("HOUR", 2), ("DAY", 3), ("WEEK", 9), ("MONTH", 40)] {
            let quota = json!({ "metric": "TOKENS", "limit": 1, "window": unit, "timezone": zone });
            let resets_at = set(&admin, ada, json!([quota])).await[0]["resetsAt"].clone();

            let to = now + TimeDelta::days(days);
            let range = format!(
                "{{ from: \"{}\", to: \"{}\" }}",
                now.to_rfc3339(),
                to.to_rfc3339()
            );
            let chart = admin
                .ask(&format!(
                    "{{ usage(range: {range}, timezone: \"{zone}\") {{ series(bucket: {unit}) {{ to }} }} }}"
                ))
                .await;

            let next_bucket = &chart["data"]["usage"]["series"][0]["to"];
            assert_eq!(*next_bucket, resets_at, "{unit} in {zone} at {now}");
        }
    }
}

#[tokio::test]
async fn usage_after_a_quota_was_set_is_added_to_earlier_usage() {
    let (plane, admin, ada) = plane_with_ada().await;
    plane.record(ada, "gpt-5").await;
    let windows = json!([
        { "metric": "TOKENS", "limit": 5, "window": "DAY" },
        { "metric": "TOKENS", "limit": 5, "window": "LIFETIME" },
        { "metric": "TOKENS", "limit": 5, "window": "ROLLING", "rollingSeconds": 3600 },
    ]);
    set(&admin, ada, windows).await;

    plane.record(ada, "gpt-5").await;
    plane.advance(TimeDelta::minutes(62));
    plane.record(ada, "gpt-5").await;

    let quotas = quotas_of(&admin, ada).await;
    let used: Vec<_> = (0..3)
        .map(|at| quotas[at]["used"].as_i64().unwrap())
        .collect();
    assert_eq!(used, [3 * TOKENS, 3 * TOKENS, TOKENS]);
}

#[tokio::test]
async fn a_quota_is_raised_until_a_time() {
    const RAISE: &str = "mutation($id: ID!, $raise: QuotaRaiseInput) {
        setQuotaRaise(quotaId: $id, raise: $raise) { quota { ...R } } }
        fragment R on Quota { limit effectiveLimit remaining usedPercent raise { amount until reason } }";
    let (plane, admin, ada) = plane_with_ada().await;
    let quotas = json!([{ "metric": "REQUESTS", "limit": 2, "window": "LIFETIME" }]);
    let id = set(&admin, ada, quotas).await[0]["id"].clone();
    plane.record(ada, "gpt-5").await;
    let ask = async |raise: Value| {
        let answer = admin.ask_with(RAISE, json!({ "id": id, "raise": raise }));
        answer.await
    };
    let until = "2026-06-01T13:00:00Z";
    let raise = json!({ "amount": 2, "until": until, "reason": "a release" });

    let raised = ask(raise.clone()).await;

    assert_eq!(
        raised["data"]["setQuotaRaise"]["quota"],
        json!({ "limit": 2, "effectiveLimit": 4, "remaining": 3, "usedPercent": 25.0, "raise": raise })
    );
    plane.advance(TimeDelta::hours(1));
    let query = format!(
        "{{ user(id: \"{ada}\") {{ quotas {{ effectiveLimit remaining raise {{ amount }} }} }} }}"
    );
    let over = admin.ask(&query).await;
    assert_eq!(
        over["data"]["user"]["quotas"][0],
        json!({ "effectiveLimit": 2, "remaining": 1, "raise": null })
    );

    for (wrong, words) in [
        (
            json!({ "amount": 0, "until": "2026-06-02T00:00:00Z", "reason": "x" }),
            "amount",
        ),
        (
            json!({ "amount": 1, "until": until, "reason": "x" }),
            "until",
        ),
        (
            json!({ "amount": 1, "until": "2028-01-01T00:00:00Z", "reason": "x" }),
            "366 days",
        ),
        (
            json!({ "amount": 1, "until": "2026-06-02T00:00:00Z", "reason": " " }),
            "reason",
        ),
    ] {
        let refused = ask(wrong).await;
        assert_eq!(code(&refused), "BAD_USER_INPUT");
        assert!(refused.to_string().contains(words), "{refused}");
    }
}

#[tokio::test]
async fn a_reset_clears_usage_and_later_quotas_start_there() {
    let (plane, admin, ada) = plane_with_ada().await;
    let key = key_of(&plane, ada).await;
    set(&admin, ada, json!([{ "metric": "TOKENS", "limit": 5 }])).await;
    set_of_key(&admin, key, json!([{ "metric": "REQUESTS", "limit": 5 }])).await;
    plane.record(ada, "gpt-5").await;
    plane.advance(TimeDelta::minutes(1));

    let reset = admin.ask_with(RESET, json!({ "id": ada })).await;

    assert_eq!(
        reset["data"]["resetUserUsage"],
        json!({
            "previousUsedTokens": TOKENS,
            "user": {
                "usedTokens": 0, "usageResetAt": "2026-06-01T12:01:00Z",
                "quotas": [{ "used": 0 }], "apiKeys": [{ "quotas": [{ "used": 0 }] }],
            },
        })
    );
    let fresh = json!([
        { "metric": "TOKENS", "limit": 5, "window": "HOUR" },
        { "metric": "REQUESTS", "limit": 5, "window": "LIFETIME" },
        { "metric": "TOKENS", "limit": 5, "window": "ROLLING", "rollingSeconds": 864_000 },
    ]);
    for used in [0, 1] {
        set(&admin, ada, json!([])).await;
        let quotas = set(&admin, ada, fresh.clone()).await;
        let counted = [0, 1, 2].map(|at| quotas[at]["used"].as_i64().unwrap());
        assert_eq!(counted, [used * TOKENS, used, used * TOKENS]);
        plane.record(ada, "gpt-5").await;
    }
}

#[tokio::test]
async fn late_engine_reports_of_requests_before_a_reset_are_not_subtracted_twice() {
    let (plane, admin, ada) = plane_with_ada().await;
    let claude = json!([{ "metric": "TOKENS", "limit": 5, "provider": "CLAUDE" }]);
    set(&admin, ada, claude).await;
    let early = plane.record(ada, "gpt-5").await;
    plane.advance(TimeDelta::minutes(1));
    admin.ask_with(RESET, json!({ "id": ada })).await;

    let report = EngineUsage {
        request_id: early,
        provider: Some(ProviderKind::Chatgpt),
        account_id: None,
        failed: false,
        status: None,
        message: None,
        tokens: None,
        service_tier: None,
    };
    plane.handles.reports.send(report).await.unwrap();
    let provider = format!("{{ request(id: \"{early}\") {{ provider }} }}");
    eventually("the report", async || {
        let request = admin.ask(&provider).await["data"]["request"].take();
        (request["provider"] == "CHATGPT").then_some(())
    })
    .await;
    plane.record(ada, "gpt-5").await;

    assert_eq!(quotas_of(&admin, ada).await[0]["used"], TOKENS);
}

#[tokio::test]
async fn a_rotated_key_keeps_its_quotas_and_their_usage() {
    let (plane, admin, ada) = plane_with_ada().await;
    let key = key_of(&plane, ada).await;
    set(&admin, ada, json!([{ "metric": "TOKENS", "limit": 5 }])).await;
    let quotas = set_of_key(&admin, key, json!([{ "metric": "REQUESTS", "limit": 5 }])).await;
    assert_eq!(quotas[0]["apiKey"]["name"], "default");
    plane.record(ada, "gpt-5").await;

    let rotated = admin
        .ask_with(
            "mutation($id: ID!) { rotateApiKey(id: $id) { apiKey { id quotas { metric limit used } } } }",
            json!({ "id": key }),
        )
        .await;

    let replacement = &rotated["data"]["rotateApiKey"]["apiKey"];
    assert_eq!(
        replacement["quotas"],
        json!([{ "metric": "REQUESTS", "limit": 5, "used": 1 }])
    );
    assert_eq!(quotas_of(&admin, ada).await.as_array().unwrap().len(), 1);
    let all = admin.ask("{ quotas { apiKey { id } } }").await;
    assert_eq!(
        all["data"]["quotas"],
        json!([{ "apiKey": null }, { "apiKey": { "id": replacement["id"] } }])
    );
}

#[tokio::test]
async fn all_quotas_are_listed_by_used_percentage() {
    let (plane, admin, ada) = plane_with_ada().await;
    let (bob, _) = plane.key_holder("bob").await;
    let (eve, _) = plane.key_holder("eve").await;
    for (user, limit) in [(ada, 10), (bob, 4), (eve, 1)] {
        set(
            &admin,
            user,
            json!([{ "metric": "REQUESTS", "limit": limit }]),
        )
        .await;
        plane.record(user, "gpt-5").await;
    }
    plane
        .services
        .users
        .archive(test_context(), eve)
        .await
        .unwrap();

    let viewer = plane.script(Role::Viewer).await;
    let listed = viewer.ask("{ quotas { usedPercent user { name } } }").await;

    assert_eq!(
        listed["data"]["quotas"],
        json!([
            { "usedPercent": 25.0, "user": { "name": "bob" } },
            { "usedPercent": 10.0, "user": { "name": "ada" } },
        ])
    );
}

#[tokio::test]
async fn an_end_user_sees_their_own_limits() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, tool) = plane.key_holder("ada").await;
    let key = key_of(&plane, ada).await;
    set(&admin, ada, json!([{ "metric": "TOKENS", "limit": 5 }])).await;
    set_of_key(&admin, key, json!([{ "metric": "COST", "limit": "0.5" }])).await;

    let own = tool
        .ask(
            "{ viewer { ... on KeyHolder {
            user { usedTokens quotas { limit } rateLimit { requestsPerMinute }
                effectiveRateLimit { requestsPerMinute } }
            apiKey { quotas { limit user { name } } rateLimit { requestsPerMinute } } } } }",
        )
        .await;

    assert_eq!(
        own["data"]["viewer"],
        json!({
            "user": { "usedTokens": 0, "quotas": [{ "limit": 5 }], "rateLimit": null,
                "effectiveRateLimit": { "requestsPerMinute": 60 } },
            "apiKey": { "quotas": [{ "limit": "0.5", "user": { "name": "ada" } }], "rateLimit": null },
        })
    );
    assert_eq!(code(&tool.ask("{ quotas { id } }").await), "FORBIDDEN");
}

#[tokio::test]
async fn a_user_with_invalid_limits_is_not_created() {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let create = async |quotas: Value, per_minute: i64| {
        let input = json!({
            "name": "ada", "quotas": quotas, "rateLimit": { "requestsPerMinute": per_minute },
        });
        admin.ask_with(CREATE, json!({ "input": input })).await
    };
    let quotas = json!([{ "metric": "COST", "limit": 20 }]);

    let worthless = create(json!([{ "metric": "COST", "limit": 0 }]), 5).await;
    let too_slow = create(quotas.clone(), 0).await;
    let created = create(quotas, 5).await;

    assert_eq!(code(&worthless), "BAD_USER_INPUT");
    assert_eq!(code(&too_slow), "BAD_USER_INPUT");
    let user = &created["data"]["createUser"]["user"];
    assert_eq!(
        *user,
        json!({
            "id": user["id"], "quotas": [{ "metric": "COST", "limit": "20", "used": "0" }],
            "rateLimit": { "requestsPerMinute": 5 },
        })
    );
}

const CHANGE: &str = "mutation($input: ChangeQuotasInput!) { changeQuotas(input: $input) {
    user { quotas { id metric limit used } } } }";

#[tokio::test]
async fn concurrently_added_quotas_are_both_kept() {
    let (plane, admin, ada) = plane_with_ada().await;
    plane.record(ada, "gpt-5").await;
    let both = set(
        &admin,
        ada,
        json!([{ "metric": "TOKENS", "limit": 10 }, { "metric": "COST", "limit": "1" }]),
    )
    .await;
    let (tokens, cost) = (&both[0]["id"], &both[1]["id"]);

    // One admin adds, and another one, whose page is older, edits one quota and removes the other.
    let add = json!({ "userId": ada, "add": [{ "metric": "REQUESTS", "limit": 3 }] });
    admin.ask_with(CHANGE, json!({ "input": add })).await;
    let edit = json!({
        "userId": ada, "remove": [tokens, cost], "add": [{ "metric": "TOKENS", "limit": 7_000_000_000_i64 }],
    });
    let changed = admin.ask_with(CHANGE, json!({ "input": edit })).await;

    let quotas = &changed["data"]["changeQuotas"]["user"]["quotas"];
    assert_eq!(quotas.as_array().unwrap().len(), 2, "{changed}");
    assert_eq!(
        quotas[0],
        json!({ "id": tokens, "metric": "TOKENS", "limit": 7_000_000_000_i64, "used": TOKENS })
    );
    assert_eq!(quotas[1]["metric"], "REQUESTS");
}

#[tokio::test]
async fn a_removed_quota_cannot_be_changed_and_duplicates_are_rejected() {
    let (_plane, admin, ada) = plane_with_ada().await;
    set(&admin, ada, json!([{ "metric": "TOKENS", "limit": 10 }])).await;
    let there = quotas_of(&admin, ada).await;

    for (change, expected) in [
        (json!({ "userId": ada, "remove": [UNKNOWN] }), "NOT_FOUND"),
        (
            json!({ "userId": ada, "add": [{ "metric": "TOKENS", "limit": 11 }] }),
            "CONFLICT",
        ),
        (
            json!({ "userId": ada, "add": [{ "metric": "REQUESTS", "limit": 0 }] }),
            "BAD_USER_INPUT",
        ),
        (json!({ "add": [] }), "BAD_USER_INPUT"),
    ] {
        let refused = admin.ask_with(CHANGE, json!({ "input": change })).await;
        assert_eq!(code(&refused), expected, "{refused}");
    }
    assert_eq!(quotas_of(&admin, ada).await, there);
}

async fn plane_with_ada() -> (ControlPlane, Caller, Uuid) {
    let plane = ControlPlane::start().await;
    let admin = plane.script(Role::Admin).await;
    let (ada, _) = plane.key_holder("ada").await;
    (plane, admin, ada)
}

async fn key_of(plane: &ControlPlane, user: Uuid) -> Uuid {
    let keys = plane.services.api_keys.of_users(&[user]).await.unwrap();
    keys[0].id
}

async fn set(admin: &Caller, user: Uuid, quotas: Value) -> Value {
    let input = json!({ "userId": user, "quotas": quotas });
    let mut answer = admin.ask_with(SET, json!({ "input": input })).await;
    assert_eq!(code(&answer), "", "{answer}");
    answer["data"]["setQuotas"]["user"]["quotas"].take()
}

async fn set_of_key(admin: &Caller, key: Uuid, quotas: Value) -> Value {
    let input = json!({ "apiKeyId": key, "quotas": quotas });
    let mut answer = admin.ask_with(SET, json!({ "input": input })).await;
    assert_eq!(code(&answer), "", "{answer}");
    answer["data"]["setQuotas"]["apiKey"]["quotas"].take()
}

async fn quotas_of(admin: &Caller, user: Uuid) -> Value {
    let query = "query($id: ID!) { user(id: $id) { quotas { limit used remaining usedPercent warningPercent } } }";
    let mut answer = admin.ask_with(query, json!({ "id": user })).await;
    answer["data"]["user"]["quotas"].take()
}
