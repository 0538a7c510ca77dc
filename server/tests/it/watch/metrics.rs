//! The metrics match the ledger, and clients cannot create series.
#![expect(
    clippy::float_cmp,
    reason = "counts are whole and small, which floats hold exactly"
)]

use std::fmt::Write as _;

use entity::{
    provider_account::ProviderKind,
    quota::{FreeModelPolicy, Metric, UnpricedPolicy, WindowKind},
    request::Outcome,
};
use proxypal_server::{
    domain::{
        engine_usage::EngineUsage,
        prices::{Conditions, NewPrice, Rates},
        tokens::Tokens,
        usage::{Span, UsageFilter},
        users::{
            NewUser,
            quotas::{LimitHolder, NewQuota},
        },
    },
    watch,
};
use serde_json::json;

use super::{CHAT, Scrape, Watched};
use crate::support::{ControlPlane, eventually, hold_to, server::METRICS_TOKEN, test_context};

async fn price(watched: &Watched) {
    let price = NewPrice {
        model_pattern: "priced".to_owned(),
        provider: None,
        effective_from: None,
        rates: Rates {
            input: 2_000_000_000,
            output: 10_000_000_000,
            ..Rates::default()
        },
        conditions: Conditions::default(),
        source: None,
    };
    watched
        .app
        .services
        .prices
        .create(test_context(), &price)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_scrape_matches_the_ledger() {
    let watched = Watched::start().await;
    price(&watched).await;
    let mut records = watched.app.records().await;
    for body in [
        json!({ "model": "priced", "use": [1000, 200, 300] }),
        json!({ "model": "priced", "use": [50, 7, 0] }),
        json!({ "model": "unheard-of", "use": [5, 5, 0] }),
        json!({ "model": "priced", "status": 503 }),
    ] {
        watched.ask(body).await.text().await.unwrap();
        records.next().await;
    }

    let scrape = watched.scrape().await;
    let now = watched.app.services.clock.now();
    let day = chrono::TimeDelta::days(1);
    let span = Span::new(now - day, now + day).unwrap();
    let usage = &watched.app.services.usage;
    let ledger = usage.totals(span, &UsageFilter::default()).await.unwrap();

    let requests = scrape.sum("proxypal_requests_total", &[]);
    assert_eq!(requests, number(ledger.requests));
    assert_eq!(requests, 4.0);
    let protocol = ("protocol", "openai_chat");
    for (status, outcome, count) in [("2xx", "completed", 3.0), ("5xx", "upstream_error", 1.0)] {
        let labels = [protocol, ("status", status), ("outcome", outcome)];
        assert_eq!(scrape.sum("proxypal_requests_total", &labels), count);
    }
    for (kind, count) in [
        ("input", ledger.tokens.input),
        ("cache_read", ledger.tokens.cache_read),
        ("output", ledger.tokens.output),
    ] {
        assert!(count > 0, "{kind}");
        let tokens = scrape.sum("proxypal_tokens_total", &[("kind", kind)]);
        assert_eq!(tokens, number(count), "{kind}");
    }
    let cost = scrape.sum("proxypal_cost_usd_total", &[]) * 1e9;
    assert!(ledger.cost > 0);
    assert!((cost - number(ledger.cost)).abs() < 0.5, "{cost}");
    let unpriced = scrape.sum("proxypal_unpriced_requests_total", &[]);
    assert_eq!(unpriced, number(ledger.unpriced));
    for histogram in ["request_duration", "time_to_first_byte"] {
        let count = format!("proxypal_{histogram}_seconds_count");
        assert_eq!(scrape.sum(&count, &[protocol]), 4.0, "{histogram}");
    }
    assert_eq!(scrape.sum("proxypal_writer_batch_rows_sum", &[]), 4.0);
}

#[tokio::test]
async fn metrics_include_the_state_of_the_server() {
    let watched = Watched::start().await;

    let scrape = watched.scrape().await;

    let state = |state| scrape.sum("proxypal_engine_state", &[("state", state)]);
    assert_eq!((state("running"), state("failed")), (1.0, 0.0));
    for (name, value) in [
        ("proxypal_database_up", 1.0),
        ("proxypal_build_info", 1.0),
        ("proxypal_in_flight_requests", 0.0),
        ("proxypal_writer_waiting_requests", 0.0),
        ("proxypal_writer_lag_seconds", 0.0),
        ("proxypal_writer_failing", 0.0),
        ("proxypal_last_backup_time_seconds", 0.0),
    ] {
        assert!(scrape.series.keys().any(|series| series.starts_with(name)));
        assert_eq!(scrape.sum(name, &[]), value, "{name}");
    }
    for name in [
        "proxypal_database_size_bytes",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_start_time_seconds",
    ] {
        assert!(scrape.sum(name, &[]) > 0.0, "{name}");
    }
}

#[tokio::test]
async fn refusals_are_counted_by_the_limit_that_binds() {
    let watched = Watched::start().await;
    let user = watched.app.caller(&watched.key).user_id;
    let quota = NewQuota {
        metric: Metric::Requests,
        limit: 1,
        window: WindowKind::Month,
        rolling_seconds: None,
        timezone: "UTC".to_owned(),
        provider: None,
        model_pattern: None,
        soft_percents: Vec::new(),
        strict: false,
        unpriced: UnpricedPolicy::default(),
        free_models: FreeModelPolicy::default(),
    };
    let quotas = &watched.app.services.quotas;
    quotas
        .set(test_context(), LimitHolder::User(user), None, &[quota])
        .await
        .unwrap();

    let mut records = watched.app.records().await;
    for status in [200, 429, 429] {
        let answer = watched.ask(json!({ "model": "m", "use": [1, 1, 0] })).await;
        assert_eq!(answer.status(), status);
        answer.text().await.unwrap();
        records.next().await;
    }
    let anonymous = watched
        .app
        .http
        .post(watched.app.url(CHAT))
        .bearer_auth("x");
    assert_eq!(anonymous.send().await.unwrap().status(), 401);

    let scrape = watched.scrape().await;
    for (code, limit, count) in [
        ("proxypal_quota_exceeded", "quota_requests", 2.0),
        ("proxypal_unknown_key", "none", 1.0),
    ] {
        let labels = [("code", code), ("limit", limit)];
        assert_eq!(scrape.sum("proxypal_refusals_total", &labels), count);
    }
    let rejected = [("outcome", "rejected"), ("status", "4xx")];
    assert_eq!(scrape.sum("proxypal_requests_total", &rejected), 2.0);
    let used_up = [("state", "used_up")];
    assert_eq!(scrape.sum("proxypal_quotas", &used_up), 1.0);
}

#[tokio::test]
async fn no_client_can_add_a_series_or_put_a_word_into_one() {
    let watched = Watched::start().await;
    let user = NewUser {
        name: "name-canary".to_owned(),
        email: Some("email-canary@example.org".to_owned()),
        ..NewUser::default()
    };
    let key = watched.app.issue_key_for(user).await;
    let mut records = watched.app.records().await;
    let mut send = async |model: String| {
        let path = format!("{CHAT}?canary={model}");
        let request = watched.app.http.post(watched.app.url(&path));
        let request = request
            .bearer_auth(&key)
            .header("user-agent", "agent-canary");
        let body = json!({ "model": model, "use": [1, 1, 0] });
        let answer = request.json(&body).send().await.unwrap();
        answer.text().await.unwrap();
        assert_eq!(records.next().await.outcome, Outcome::Completed);
    };
    send("canary".to_owned()).await;
    let before = watched.scrape().await;

    for number in 0..40 {
        send(format!(
            "canary-{number}\"}} evil 1\n# TYPE x counter\nx_total{{a=\""
        ))
        .await;
    }

    let after = watched.scrape().await;
    let names = |scrape: &Scrape| scrape.series.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
    for hostile in ["canary", "evil", key.as_str(), "x_total"] {
        assert!(!after.text.contains(hostile), "{hostile}");
    }
}

#[tokio::test]
async fn a_late_report_of_the_engine_is_counted_once_and_no_counter_falls() {
    let plane = ControlPlane::start().await;
    let scraper = plane.anonymous().with_bearer(METRICS_TOKEN);
    let scrape = async || {
        let page = scraper.get("/metrics").await;
        Scrape::read(&page.text().await.unwrap())
    };
    let user = NewUser {
        name: "Ada".to_owned(),
        ..NewUser::default()
    };
    let (user, _) = plane
        .services
        .users
        .create(test_context(), user)
        .await
        .unwrap();
    let request_id = plane.record(user.id, "m").await;
    let before = scrape().await;
    assert_eq!(before.sum("proxypal_tokens_total", &[]), 5_000_000_002.0);
    assert_eq!(before.sum("proxypal_provider_requests_total", &[]), 0.0);

    // It counted less than the answer, and reports it twice.
    for _ in 0..2 {
        let report = EngineUsage {
            request_id,
            provider: Some(ProviderKind::Claude),
            account_id: None,
            failed: false,
            status: None,
            message: None,
            tokens: Some(Tokens {
                input: 5,
                output: 7,
                ..Tokens::default()
            }),
            service_tier: None,
        };
        plane.handles.reports.send(report).await.unwrap();
    }

    let after = eventually("the report", async || {
        let scrape = scrape().await;
        (scrape.sum("proxypal_tokens_total", &[("kind", "output")]) >= 14.0).then_some(scrape)
    })
    .await;
    let served = [("provider", "claude"), ("status", "2xx")];
    assert_eq!(after.sum("proxypal_provider_requests_total", &served), 1.0);
    let input = after.sum("proxypal_tokens_total", &[("kind", "input")]);
    assert_eq!(input, 5_000_000_000.0);
}

/// The committed page equals the code. `UPDATE=1` rewrites it.
#[test]
fn the_page_on_metrics_is_up_to_date() {
    hold_to("docs/metrics.md", &page());
}

fn page() -> String {
    let mut page = include_str!("metrics.md").to_owned();
    for metric in watch::empty_registry().described() {
        let labels = metric.labels.iter().map(|label| format!("`{label}`"));
        let labels: Vec<_> = labels.collect();
        writeln!(
            page,
            "| `{}` | {} | {} | {}. |",
            metric.name,
            metric.kind,
            labels.join(", "),
            metric.help
        )
        .unwrap();
    }
    page
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn number(count: i64) -> f64 {
    count as f64
}
