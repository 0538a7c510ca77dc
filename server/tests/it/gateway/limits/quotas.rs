//! Quotas: usage in a window of time.

use entity::{RateLimit, quota::Metric};
use futures_util::future::join_all;
use proxypal_server::domain::{
    prices::{
        Conditions, NewLongPromptRates, NewPrice, NewServiceTierRates, PartialRates, Rates,
        ServiceTier,
    },
    usd,
    users::quotas::{LimitHolder, NewQuota},
};
use serde_json::{Value, json};

use super::{
    CHAT, GEMINI, MESSAGES, RESPONSES, User, engine, passed, quota, refused, small, tokens, used_up,
};
use crate::support::{
    ClientEnd, Options, SocketEngine, TestApp, eventually, scripted, test_context,
};

#[tokio::test]
async fn an_exceeded_quota_is_an_error_in_the_dialect_of_the_route_with_its_name_and_reset() {
    let mut user = User::new().await;
    user.limit(&[tokens(15)]).await;
    user.spend("m", [10, 5]).await;
    let cases = [
        (CHAT, "type", json!("insufficient_quota")),
        (RESPONSES, "type", json!("usage_limit_reached")),
        (MESSAGES, "type", json!("billing_error")),
        (GEMINI, "status", json!("RESOURCE_EXHAUSTED")),
    ];

    for (path, field, kind) in cases {
        let answer = user.send(path, &user.key, small()).await;
        assert_eq!(answer.status(), 429, "{path}");
        let headers = answer.headers();
        assert_eq!(headers["x-proxypal-error"], "proxypal_quota_exceeded");
        assert_eq!(headers["x-should-retry"], "false");
        let wait = headers["retry-after"].to_str().unwrap().parse::<u64>();
        assert!((1..=31 * 24 * 60 * 60).contains(&wait.unwrap()));
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"][field], kind, "{answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        let end = user.standing().resets_at.unwrap();
        let end = format!("resets at {}", end.format("%Y-%m-%dT%H:%M:%SZ"));
        for part in ["15 tokens a month (UTC) for this user", &end] {
            assert!(message.contains(part), "{message}");
        }
    }
}

#[tokio::test]
async fn an_agent_learns_when_a_quota_resets_in_the_form_that_it_shows() {
    let mut user = User::new().await;
    user.limit(&[tokens(15)]).await;
    user.spend("m", [10, 5]).await;
    let end = user.standing().resets_at.unwrap().timestamp();

    let claude = user.send(MESSAGES, &user.key, small()).await;
    let header = |name: &str| {
        let name = format!("anthropic-ratelimit-unified-{name}");
        let value = claude.headers().get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    let reset = Some(end.to_string());
    assert_eq!(header("status").as_deref(), Some("rejected"));
    assert_eq!(
        (header("reset"), header("overage-reset")),
        (reset.clone(), reset)
    );
    assert_eq!(header("overage-period").as_deref(), Some("monthly"));
    assert_eq!(header("representative-claim"), None);

    let codex = user.send(RESPONSES, &user.key, small()).await;
    let words = codex.headers()["x-codex-promo-message"].to_str().unwrap();
    assert!(words.contains("15 tokens a month (UTC) for this user"));
    assert!(words.ends_with("ask your administrator to raise it"));
    let codex: Value = codex.json().await.unwrap();
    assert_eq!(codex["error"]["resets_at"], end);

    let gemini = user.send(GEMINI, &user.key, small()).await;
    let wait = gemini.headers()["retry-after"].to_str().unwrap().to_owned();
    let gemini: Value = gemini.json().await.unwrap();
    assert_eq!(
        gemini["error"]["details"][1]["retryDelay"],
        format!("{wait}s")
    );
}

#[tokio::test]
async fn a_tool_that_waits_at_429_gets_402_and_that_is_recorded() {
    let mut user = User::new().await;
    user.limit(&[quota(Metric::Requests, 1)]).await;
    user.spend("m", [1, 1]).await;
    let mut records = user.app.records().await;
    records.next().await;

    for agent in ["opencode/1.18.33 ai-sdk/x", "QwenCode/0.15.10 (linux; x64)"] {
        let request = user.app.http.post(user.app.url(CHAT));
        let request = request.bearer_auth(&user.key).header("user-agent", agent);
        let answer = request.json(&small()).send().await.unwrap();

        assert_eq!(answer.status(), 402, "{agent}");
        assert!(!answer.headers().contains_key("retry-after"), "{agent}");
        assert_eq!(
            answer.headers()["x-proxypal-error"],
            "proxypal_quota_exceeded"
        );
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"]["type"], "insufficient_quota");
        let record = records.next().await;
        assert_eq!(record.http_status, Some(402), "{agent}");
        assert_eq!(
            record.error_code.as_deref(),
            Some("proxypal_quota_exceeded")
        );
    }
}

#[tokio::test]
async fn a_cost_quota_is_enforced() {
    let mut user = User::new().await;
    let price = NewPrice {
        model_pattern: "acme".to_owned(),
        provider: None,
        effective_from: None,
        rates: Rates {
            input: 1000 * usd::DOLLAR,
            output: 2000 * usd::DOLLAR,
            ..Rates::default()
        },
        conditions: Conditions::default(),
        source: None,
    };
    user.app
        .services
        .prices
        .create(test_context(), &price)
        .await
        .unwrap();
    user.limit(&[quota(Metric::Cost, usd::DOLLAR / 100)]).await;

    user.spend("acme", [2, 1]).await;
    assert_eq!(user.standing().used, usd::DOLLAR / 250);
    user.spend("acme", [2, 2]).await;

    let more = json!({ "model": "acme", "use": [1, 1], "max_tokens": 1 });
    assert_eq!(user.standing().used, usd::DOLLAR / 100);
    assert_eq!(user.outcome(more).await, used_up());
    // A model without a price is not free.
    assert_eq!(user.outcome(small()).await, used_up());
}

#[tokio::test]
async fn the_dearest_tier_and_prompt_size_that_a_request_can_reach_are_reserved() {
    let user = User::new().await;
    let (nothing, dear) = (PartialRates::default(), Some(1_000_000 * 90 * 1_000));
    let price = NewPrice {
        model_pattern: "acme".to_owned(),
        provider: None,
        effective_from: None,
        rates: Rates {
            input: 1_000_000 * 1_000,
            output: 1_000_000 * 1_000,
            ..Rates::default()
        },
        conditions: Conditions {
            long_prompts: vec![NewLongPromptRates {
                above: 2_000,
                rates: PartialRates {
                    input: dear,
                    ..nothing
                },
            }],
            service_tiers: vec![NewServiceTierRates {
                tier: ServiceTier::Priority,
                multiplier: None,
                rates: PartialRates {
                    input: dear,
                    output: dear,
                    ..nothing
                },
                long_prompts: Vec::new(),
            }],
            ..Conditions::default()
        },
        source: None,
    };
    let prices = &user.app.services.prices;
    prices.create(test_context(), &price).await.unwrap();
    // A body has at most a token a byte: the first costs less than 2000 of these units, the others more than 9000.
    let strict = NewQuota {
        strict: true,
        ..quota(Metric::Cost, 8_000 * 1_000)
    };
    user.limit(&[strict]).await;
    let body = |more: Value| {
        let mut body = json!({ "model": "acme", "use": [1, 1], "max_tokens": 1 });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };

    let long = "x".repeat(2_000);
    let padded = "x".repeat(1_500);
    assert_eq!(user.outcome(body(json!({ "a": padded }))).await, passed());
    for more in [
        json!({ "service_tier": "priority", "a": "x".repeat(100) }),
        json!({ "Service_Tier": "flex", "a": "x".repeat(100) }),
        json!({ "a": long }),
    ] {
        assert_eq!(user.outcome(body(more.clone())).await, used_up(), "{more}");
    }
}

#[tokio::test]
async fn a_quota_for_some_models_ignores_others_and_counts_every_spelling() {
    let mut user = User::new().await;
    let gpt = NewQuota {
        model_pattern: Some("gpt-*".to_owned()),
        ..tokens(10)
    };
    user.limit(&[gpt]).await;
    user.spend("claude-opus", [500, 500]).await;
    user.spend("gpt-5(high)", [10, 5]).await;

    for (model, outcome) in [
        ("gpt-5", used_up()),
        ("models/gpt-5(low)", used_up()),
        ("claude-opus", passed()),
    ] {
        let body = json!({ "model": model, "use": [1, 1] });
        assert_eq!(user.outcome(body).await, outcome, "{model}");
    }
    assert_eq!(user.standing().used, 15);
}

#[tokio::test]
async fn a_quota_of_a_key_does_not_affect_other_keys_of_its_user() {
    let mut user = User::new().await;
    let (id, second) = user.another_key().await;
    let holder = LimitHolder::ApiKey(id);
    let quotas = [tokens(15)];
    let set = user
        .app
        .services
        .quotas
        .set(test_context(), holder, None, &quotas);
    set.await.unwrap();
    user.spend("m", [500, 500]).await;
    assert_eq!(user.standing().used, 0);

    let first = user.send(CHAT, &second, json!({ "model": "m", "use": [10, 5] }));
    assert_eq!(first.await.status(), 200);
    user.settled().await;

    let answer = user.send(CHAT, &second, small()).await;
    assert_eq!(answer.status(), 429);
    let message = answer.text().await.unwrap();
    assert!(message.contains("for this key"), "{message}");
    assert_eq!(user.outcome(small()).await, passed());
}

#[tokio::test]
async fn a_strict_quota_admits_only_bounded_requests_that_fit() {
    let user = User::new().await;
    let strict = NewQuota {
        strict: true,
        ..tokens(1000)
    };
    user.limit(&[strict]).await;
    let asking =
        |max_tokens: Value| json!({ "model": "m", "use": [1, 1], "max_tokens": max_tokens });

    let unbounded = (400, "proxypal_unbounded".to_owned());
    assert_eq!(user.outcome(asking(Value::Null)).await, unbounded);
    assert_eq!(user.outcome(asking(json!(1000))).await, used_up());
    assert_eq!(user.outcome(asking(json!(100))).await, passed());
}

#[tokio::test]
async fn a_strict_cost_quota_refuses_models_without_a_price() {
    let user = User::new().await;
    let strict = NewQuota {
        strict: true,
        ..quota(Metric::Cost, usd::DOLLAR)
    };
    user.limit(&[strict]).await;

    let answer = user.ask(small()).await;

    assert_eq!(answer.status(), 400);
    let message = answer.text().await.unwrap();
    assert!(message.contains("a model that has a price"), "{message}");
}

#[tokio::test]
async fn soft_thresholds_only_warn() {
    let mut user = User::new().await;
    let soft = NewQuota {
        soft_percents: vec![50, 90],
        ..tokens(100)
    };
    user.limit(&[soft]).await;
    let warning = |user: &User| user.meters()[0].warning(user.app.services.clock.now());

    user.spend("m", [40, 9]).await;
    assert_eq!(warning(&user), None);
    user.spend("m", [1, 0]).await;
    assert_eq!(warning(&user), Some(50));
    user.spend("m", [40, 0]).await;
    assert_eq!(warning(&user), Some(90));
}

#[tokio::test]
async fn a_changed_limit_applies_immediately() {
    let mut user = User::new().await;
    user.limit(&[tokens(15)]).await;
    user.spend("m", [10, 5]).await;

    user.limit(&[tokens(30)]).await;
    user.spend("m", [1, 0]).await;
    user.limit(&[tokens(16)]).await;

    assert_eq!(user.standing().used, 16);
    assert_eq!(user.outcome(small()).await, used_up());
    user.limit(&[]).await;
    assert_eq!(user.outcome(small()).await, passed());
}

#[tokio::test]
async fn a_new_quota_counts_usage_of_this_month_and_a_reset_clears_it() {
    let mut user = User::new().await;
    user.spend("m", [10, 5]).await;

    user.limit(&[tokens(15)]).await;
    assert_eq!(user.outcome(small()).await, used_up());
    let reset = user
        .app
        .services
        .quotas
        .reset_usage(test_context(), user.id)
        .await;

    assert_eq!(reset.unwrap().1, 15);
    assert_eq!(user.standing().used, 0);
    user.spend("m", [1, 1]).await;
    assert_eq!(user.standing().used, 2);
    assert_eq!(user.used_tokens().await, 2);
}

#[tokio::test]
async fn of_two_hundred_concurrent_requests_a_quota_of_ten_admits_ten() {
    let mut user = User::new().await;
    user.limit(&[quota(Metric::Requests, 10)]).await;

    let answers = join_all((0..200).map(|_| user.outcome(small()))).await;

    let passes = answers.iter().filter(|answer| **answer == passed()).count();
    assert_eq!(passes, 10);
    for _ in 0..10 {
        user.settled().await;
    }
    assert_eq!(user.standing().used, 10);
    assert_eq!(user.standing().reserved, 0);
}

#[tokio::test]
async fn a_turn_of_a_socket_is_refused_like_a_request() {
    let (mut sockets, script) = SocketEngine::script();
    let user = User::before(script).await;
    user.limit(&[quota(Metric::Requests, 1)]).await;
    let mut client = ClientEnd::connect(&user.app, &user.key).await;
    let mut engine = sockets.accept().await;

    client.ask("m").await;
    engine.next_json().await;
    client.ask("m").await;
    let refusal = client.next_json().await;

    assert_eq!(refusal["status"], 429, "{refusal}");
    assert_eq!(refusal["error"]["code"], "proxypal_quota_exceeded");
    assert_eq!(refusal["error"]["type"], "usage_limit_reached");
    assert_eq!(refusal["headers"]["x-should-retry"], "false");
    let words = refusal["headers"]["x-codex-promo-message"].as_str();
    assert!(words.unwrap().contains("1 requests a month"), "{refusal}");
}

#[tokio::test]
async fn quotas_and_their_usage_survive_a_restart() {
    let engine = scripted(engine()).await;
    let options = || {
        let mut options = Options::default()
            .with("--engine=external")
            .with(&format!("--engine-url=http://{engine}"));
        options.secrets.engine_api_key = Some("internal-engine-key".into());
        options
    };
    let app = Box::pin(TestApp::before(engine, Options::default())).await;
    app.without_rate_limit().await;
    let mut user = User::of(app).await;
    user.limit(&[tokens(15)]).await;
    user.spend("m", [10, 5]).await;

    drop(user.records);
    let database = user.app.stop().await;
    let app = Box::pin(TestApp::start(options(), database)).await;
    app.engine_is(proxypal_server::engine::EngineState::Running)
        .await;
    let user = User {
        records: tokio::sync::Mutex::new(app.records().await),
        app,
        id: user.id,
        key: user.key,
    };

    assert_eq!(user.standing().used, 15);
    assert_eq!(user.outcome(small()).await, used_up());
}

#[tokio::test]
async fn a_refused_request_costs_nothing() {
    let mut user = User::new().await;
    let limit = RateLimit {
        requests_per_minute: Some(3),
        tokens_per_minute: Some(100_000),
        ..RateLimit::default()
    };
    user.limit_rate(limit).await;
    user.limit(&[quota(Metric::Requests, 1)]).await;
    user.spend("m", [1, 1]).await;

    for _ in 0..5 {
        assert_eq!(user.outcome(small()).await, used_up());
    }
    user.limit(&[quota(Metric::Requests, 9)]).await;
    for remaining in ["1", "0"] {
        let answer = user.ask(small()).await;
        assert_eq!(answer.headers()["x-ratelimit-remaining"], remaining);
        answer.bytes().await.unwrap();
    }
    for _ in 0..5 {
        let outcome = user.outcome(small()).await;
        assert_eq!(outcome, refused("proxypal_rate_limited"));
    }

    eventually("the count", async || {
        (user.used_tokens().await == 6).then_some(())
    })
    .await;
    assert_eq!(user.standing().used, 3);
    assert_eq!(user.standing().reserved, 0);
}
