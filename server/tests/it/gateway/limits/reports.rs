//! Limits and usage where the users of agents see them: a report for scripts, and headers that Claude Code and Codex read.

use entity::{
    RateLimit,
    quota::{Metric, WindowKind},
};
use proxypal_server::domain::users::quotas::NewQuota;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::{CHAT, MESSAGES, RESPONSES, User, quota, small, tokens};

const USAGE: &str = "/v1/proxypal/usage";

async fn get(user: &User, path: &str, key: &str) -> reqwest::Response {
    let request = user.app.http.get(user.app.url(path));
    request.bearer_auth(key).send().await.unwrap()
}

fn five_hours(limit: i64) -> NewQuota {
    NewQuota {
        window: WindowKind::Rolling,
        rolling_seconds: Some(5 * 60 * 60),
        ..tokens(limit)
    }
}

#[tokio::test]
async fn a_key_reads_its_limits_and_usage_without_leaving_a_request() {
    let mut user = User::new().await;
    user.limit(&[tokens(30), quota(Metric::Cost, 2_500_000_000)])
        .await;
    user.limit_rate(RateLimit {
        requests_per_minute: Some(100),
        ..RateLimit::default()
    })
    .await;
    user.spend("m", [10, 5]).await;

    let answer = get(&user, USAGE, &user.key).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert!(answer.headers().contains_key("x-request-id"));
    let report: Value = answer.json().await.unwrap();

    let reset = user.standing().resets_at.unwrap();
    let reset = reset.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let of_tokens = &report["quotas"][0];
    assert_eq!(
        *of_tokens,
        json!({
            "metric": "tokens", "window": "month", "window_seconds": null, "time_zone": "UTC",
            "scope": "user", "model": null, "provider": null,
            "limit": 30, "used": 15, "reserved": 0, "percent": 50, "resets_at": reset,
        })
    );
    let of_cost = &report["quotas"][1];
    assert_eq!(
        (&of_cost["metric"], &of_cost["limit"]),
        (&json!("usd"), &json!(2.5))
    );
    assert_eq!(report["next_reset_at"], json!(reset));
    assert_eq!(report["today"]["tokens"], 15);
    assert_eq!(report["today"]["requests"], 1);
    assert_eq!(report["api_key"]["expires_at"], Value::Null);
    let rate = &report["rate_limits"][0];
    assert_eq!(rate["requests_per_minute"]["limit"], 100);
    let remaining = rate["requests_per_minute"]["remaining"].as_u64();
    assert!((99..=100).contains(&remaining.unwrap()));
    // The report is no request: the next row is that of the next request.
    user.ask(small()).await;
    let records = user.records.get_mut();
    assert_eq!(records.next().await.endpoint, format!("POST {CHAT}"));
}

#[tokio::test]
async fn a_report_is_for_callers_with_a_key_and_a_bounded_number_of_times() {
    let user = User::new().await;

    assert_eq!(get(&user, USAGE, "sk-unknown").await.status(), 401);
    assert_eq!(user.send(USAGE, &user.key, small()).await.status(), 404);
    let below = get(&user, "/v1/proxypal/other", &user.key).await;
    assert_eq!(below.headers()["x-proxypal-error"], "proxypal_not_found");
    let mut passed = 0;
    let more = loop {
        let answer = get(&user, USAGE, &user.key).await;
        if answer.status() != 200 {
            break answer;
        }
        passed += 1;
    };
    // One more each second.
    assert!((60..120).contains(&passed), "{passed}");
    assert_eq!(more.status(), 429);
    assert!(more.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn claude_code_reads_the_budget_in_cents() {
    let user = User::new().await;
    let report = async || -> Value {
        let answer = get(&user, "/api/oauth/usage", &user.key).await;
        answer.json().await.unwrap()
    };

    assert_eq!(report().await["limits"], json!([]));
    user.limit(&[tokens(30), quota(Metric::Cost, 2_500_000_000)])
        .await;
    let budget = report().await;

    assert_eq!(budget["extra_usage"]["monthly_limit"], 250);
    assert_eq!(budget["extra_usage"]["used_credits"], 0);
    assert_eq!(budget["limits"][0]["group"], "monthly");
    assert_eq!(budget["limits"][0]["percent"], 0);
}

/// The headers of an answer about limits, without those of the requests per minute.
fn limits(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let is_limit = |name: &str| {
        name.starts_with("anthropic-ratelimit-unified-") || name.starts_with("x-codex-")
    };
    let limits = headers.iter().filter(|(name, _)| is_limit(name.as_str()));
    let mut limits: Vec<_> = limits
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    limits.sort_unstable();
    limits
}

#[tokio::test]
async fn successful_answers_have_the_limits_of_the_user_as_the_agent_shows_them() {
    let mut user = User::new().await;
    let plain = user.send(MESSAGES, &user.key, small()).await;
    assert_eq!(limits(plain.headers()), []);
    user.settled().await;

    let of_one_model = NewQuota {
        model_pattern: Some("m".to_owned()),
        ..tokens(200)
    };
    user.limit(&[tokens(200), five_hours(1000), of_one_model])
        .await;
    user.spend("m", [100, 80]).await;
    let claude = user.send(MESSAGES, &user.key, small()).await;
    let codex = user.send(RESPONSES, &user.key, small()).await;
    let chat = user.send(CHAT, &user.key, small()).await;

    let claude = limits(claude.headers());
    let month = user.standing().resets_at.unwrap().timestamp().to_string();
    for expected in [
        ("anthropic-ratelimit-unified-status", "allowed_warning"),
        (
            "anthropic-ratelimit-unified-representative-claim",
            "overage",
        ),
        ("anthropic-ratelimit-unified-reset", month.as_str()),
        (
            "anthropic-ratelimit-unified-overage-utilization",
            "0.910000",
        ),
        (
            "anthropic-ratelimit-unified-overage-surpassed-threshold",
            "0.75",
        ),
        ("anthropic-ratelimit-unified-5h-utilization", "0.182000"),
        ("anthropic-ratelimit-unified-5h-status", "allowed"),
    ] {
        assert!(claude.contains(&expected), "{expected:?} in {claude:?}");
    }
    let codex = limits(codex.headers());
    for expected in [
        ("x-codex-primary-window-minutes", "300"),
        ("x-codex-secondary-window-minutes", "43200"),
        ("x-codex-secondary-reset-at", month.as_str()),
    ] {
        assert!(codex.contains(&expected), "{expected:?} in {codex:?}");
    }
    assert_eq!(limits(chat.headers()), []);
}
