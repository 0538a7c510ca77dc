//! Access to the metrics.

use proxypal_server::config::SecretsConfig;
use reqwest::StatusCode;

use super::{Scrape, TOKEN, Watched};
use crate::support::Options;

#[tokio::test]
async fn without_the_token_the_page_is_refused_with_a_reason() {
    let watched = Watched::start().await;
    let page = || watched.app.http.get(watched.app.url("/metrics"));
    let wrong = ["wrong", "", &TOKEN[1..], "metrics-token-canary-0123456780"];

    let mut asked = vec![page(), page().basic_auth("admin", Some(TOKEN))];
    asked.push(page().header("authorization", TOKEN));
    asked.push(page().query(&[("token", TOKEN)]));
    asked.extend(wrong.map(|token| page().bearer_auth(token)));
    for request in asked {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(
            answer.headers()["www-authenticate"],
            "Bearer realm=\"metrics\""
        );
        let text = answer.text().await.unwrap();
        assert!(text.contains("METRICS_TOKEN"), "{text}");
        assert!(!text.contains("proxypal_"), "{text}");
    }

    // The key of a user opens as little as nothing.
    let answer = page().bearer_auth(&watched.key).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let lower_case = page().header("authorization", format!("bearer {TOKEN}"));
    assert_eq!(lower_case.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn without_a_token_there_are_no_metrics_and_the_cure_is_named() {
    let watched = Watched::with(Options::default()).await;

    let page = watched.app.http.get(watched.app.url("/metrics"));
    let answer = page.bearer_auth("").send().await.unwrap();

    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let text = answer.text().await.unwrap();
    assert!(text.contains("METRICS_TOKEN"), "{text}");
    assert!(text.contains("METRICS_LISTEN"), "{text}");
}

#[tokio::test]
async fn on_an_address_of_their_own_they_need_no_token_and_nothing_else_is_there() {
    let options = Options::default().with("--metrics-listen=127.0.0.1:0");
    let watched = Watched::with(options).await;
    let address = watched.app.metrics.unwrap();
    let get = |path: &str| watched.app.http.get(format!("http://{address}{path}"));

    let answer = get("/metrics").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let scrape = Scrape::read(&answer.text().await.unwrap());
    assert!(scrape.sum("proxypal_database_up", &[]) > 0.0);

    for path in ["/", "/healthz", "/graphql", "/v1/models", "/metrics/"] {
        let answer = get(path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let beside = watched.app.http.get(watched.app.url("/metrics"));
    assert_eq!(beside.send().await.unwrap().status(), StatusCode::NOT_FOUND);
    watched.app.stop().await;
}

#[tokio::test]
async fn a_configured_token_is_required_on_the_own_address_too() {
    let options = Options {
        secrets: SecretsConfig {
            metrics_token: Some(TOKEN.into()),
            ..SecretsConfig::default()
        },
        ..Options::default()
    };
    let watched = Watched::with(options.with("--metrics-listen=127.0.0.1:0")).await;
    let address = watched.app.metrics.unwrap();
    let page = || watched.app.http.get(format!("http://{address}/metrics"));

    assert_eq!(page().send().await.unwrap().status(), 401);
    let answer = page().bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}
