//! Requests and answers pass unchanged, as `docs/verbatim.md` promises.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, Response, StatusCode, Uri},
    routing::any,
};
use futures_util::stream;
use http_body_util::BodyExt as _;
use proptest::{prelude::*, test_runner::TestRunner};
use sha2::{Digest as _, Sha256};

use super::raw::Raw;
use crate::support::TestApp;

/// A request as the engine received it.
#[derive(Clone, Debug)]
struct Seen {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

type Log = Arc<Mutex<Vec<Seen>>>;

/// Notes what it got and answers with the same body, cut into pieces.
fn echo(log: Log) -> Router {
    async fn answer(State(log): State<Log>, request: Request) -> Response<Body> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        log.lock().unwrap().push(Seen {
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            body: body.clone(),
        });
        let pieces: Vec<_> = body
            .chunks(777)
            .map(Bytes::copy_from_slice)
            .map(Ok::<_, std::io::Error>)
            .collect();
        Response::builder()
            .status(StatusCode::OK)
            .header("content-type", "application/json")
            .header("x-upstream", "kept")
            .header("x-cpa-trace-id", "20260101000000-abc-def")
            .header("access-control-allow-origin", "*")
            .header("set-cookie", "session=provider")
            .header("authorization", "Bearer provider-canary")
            .header("x-api-key", "provider-canary")
            .header("openai-organization", "org-canary")
            .header("anthropic-organization-id", "canary")
            .header("anthropic-ratelimit-unified-status", "canary")
            .header("x-codex-primary-used-percent", "canary")
            .header("www-authenticate", "Basic realm=canary")
            .header("server", "canary")
            .header("alt-svc", "h3=canary")
            .header("strict-transport-security", "max-age=1")
            .header("content-security-policy", "script-src canary")
            .header("x-codex-turn-state", "kept too")
            .body(Body::from_stream(stream::iter(pieces)))
            .unwrap()
    }
    Router::new().fallback(any(answer)).with_state(log)
}

async fn echoing() -> (TestApp, Log, String) {
    let log = Log::default();
    let app = TestApp::with_engine(echo(log.clone())).await;
    let key = app.issue_key().await;
    (app, log, key)
}

fn last(log: &Log) -> Seen {
    log.lock().unwrap().last().unwrap().clone()
}

const GOLDEN: &[&[u8]] = &[
    br#"{"model":"m","unknown":{"a":[1,2,{"b":null}]},"n":123456789012345678901234567890.5e-3}"#,
    b"{ \"model\" :\r\n\t\"m\" , \"models\":\"m2\", \"x\":\"\\ud800\" }",
    b"{\"messages\":[\"\xff\xfe invalid utf-8 \x80\"],\"model\":\"m\"}",
    b"",
    b"   \n\n{\"mod\\u0065l\":\"m\"}   \n",
];

#[tokio::test]
async fn golden_bodies_pass_in_both_directions_byte_for_byte() {
    let (app, log, key) = echoing().await;

    for body in GOLDEN {
        let answer = app
            .http
            .post(app.url("/v1/chat/completions"))
            .bearer_auth(&key)
            .body(body.to_vec())
            .send()
            .await
            .unwrap();

        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.bytes().await.unwrap(), *body);
        assert_eq!(last(&log).body, *body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_bodies_in_random_pieces_pass_with_the_same_hash() {
    let (app, log, key) = echoing().await;
    let handle = tokio::runtime::Handle::current();
    let pieces = prop::collection::vec(prop::collection::vec(any_byte(), 1..2000), 0..8);

    let cases = move || {
        let mut runner = TestRunner::new(ProptestConfig {
            cases: 60,
            ..ProptestConfig::default()
        });
        runner.run(&pieces, |pieces| {
            let sent = Sha256::digest(pieces.concat());
            let body = reqwest::Body::wrap_stream(stream::iter(
                pieces
                    .into_iter()
                    .map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece))),
            ));
            let received = handle.block_on(async {
                // An endpoint that is known to read a model would refuse such noise.
                let answer = app
                    .http
                    .post(app.url("/v1/noise"))
                    .bearer_auth(&key)
                    .body(body);
                answer.send().await.unwrap().bytes().await.unwrap()
            });
            prop_assert_eq!(Sha256::digest(&received), sent);
            prop_assert_eq!(Sha256::digest(&last(&log).body), sent);
            Ok(())
        })
    };

    tokio::task::spawn_blocking(cases).await.unwrap().unwrap();
}

fn any_byte() -> impl Strategy<Value = u8> {
    // JSON-like noise more often than pure noise: that is what a reader could trip over.
    prop_oneof![3 => prop::sample::select(b"{}[]\",:\\ model\n0".to_vec()), 1 => prop::num::u8::ANY]
}

#[tokio::test]
async fn method_path_and_query_are_forwarded_unchanged() {
    let (app, log, key) = echoing().await;
    let mut raw = Raw::connect(app.address).await;

    raw.send(format!(
        "DELETE /v1/a%2Fb/./c;d/%7E?x=%20y&&z HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {key}\r\n\r\n"
    ))
    .await;
    raw.read_until("200 OK").await;

    let seen = last(&log);
    assert_eq!(seen.method, Method::DELETE);
    assert_eq!(seen.uri.to_string(), "/v1/a%2Fb/./c;d/%7E?x=%20y&&z");
}

#[tokio::test]
async fn credentials_are_replaced_wherever_a_client_sends_them() {
    let (app, log, key) = echoing().await;
    let carriers = [
        ("authorization", format!("Bearer {key}")),
        ("authorization", key.clone()),
        ("x-api-key", key.clone()),
        ("x-goog-api-key", key.clone()),
    ];

    for (name, value) in &carriers {
        let answer = app
            .http
            .get(app.url("/v1/models"))
            .header(*name, value)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{name}");
        let seen = format!("{:?}", last(&log));
        assert!(!seen.contains(&key), "{name}: {seen}");
        assert_eq!(
            last(&log).headers["authorization"],
            "Bearer internal-engine-key"
        );
    }
    for query in ["key", "auth_token", "%6bey"] {
        let url = app.url(&format!("/v1beta/models?a=1&{query}={key}&b=%20"));
        let answer = app.http.get(url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{query}");
        assert_eq!(last(&log).uri.query(), Some("a=1&b=%20"));
    }
}

#[tokio::test]
async fn only_the_documented_headers_change() {
    let (app, log, key) = echoing().await;
    let mut raw = Raw::connect(app.address).await;

    raw.send(format!(
        "POST /v1/messages HTTP/1.1\r\nHost: gateway.example\r\nX-Api-Key: {key}\r\n\
         Anthropic-Version: 2023-06-01\r\nAnthropic-Beta: a,b\r\nAnthropic-Beta: c\r\nUser-Agent: tool/1\r\n\
         Accept-Encoding: gzip\r\nCookie: a=b\r\nX-CPA-Control: 1\r\nX-Forwarded-For: 6.6.6.6\r\n\
         Connection: keep-alive, X-Private\r\nX-Private: 1\r\nTE: trailers\r\nExpect: 100-continue\r\n\
         Content-Length: 2\r\n\r\n{{}}"
    ))
    .await;
    let answer = raw.read_until("\r\n0\r\n").await.to_ascii_lowercase();

    let request_id = answer
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "))
        .unwrap();
    let mut seen: Vec<(String, String)> = last(&log)
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    seen.sort();
    let seen: Vec<_> = seen
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let engine = last(&log).headers["host"].to_str().unwrap().to_owned();
    assert_eq!(
        seen,
        [
            ("accept-encoding", "gzip"),
            ("anthropic-beta", "a,b"),
            ("anthropic-beta", "c"),
            ("anthropic-version", "2023-06-01"),
            ("authorization", "Bearer internal-engine-key"),
            ("content-length", "2"),
            ("host", &engine),
            ("user-agent", "tool/1"),
            ("x-forwarded-for", request_id),
        ]
    );
    assert!(answer.contains("x-upstream: kept"));
    assert!(answer.contains("x-codex-turn-state: kept too"));
    for gone in [
        "x-cpa-",
        "access-control-",
        "canary",
        "set-cookie",
        "strict-transport-security",
    ] {
        assert!(!answer.contains(gone), "{answer}");
    }
}

#[tokio::test]
async fn a_browser_that_opens_an_answer_runs_no_script_of_it() {
    let (app, _, key) = echoing().await;
    let page = "<script>alert(1)</script>";

    let answered = app.http.post(app.url("/v1/messages")).bearer_auth(&key);
    let answered = answered.body(page).send().await.unwrap();
    let refused = app.http.get(app.url("/v1/models")).send().await.unwrap();
    let misdirected = app.http.post(app.url("/nothing")).send().await.unwrap();

    for answer in [answered, refused, misdirected] {
        let policy = answer.headers().get_all("content-security-policy");
        let policy: Vec<_> = policy.iter().collect();
        assert_eq!(policy, ["sandbox; default-src 'none'"], "{}", answer.url());
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn corrected_paths_reach_the_intended_endpoints() {
    let (app, log, key) = echoing().await;
    let corrected = [
        ("/v1/v1/chat/completions?a=1", "/v1/chat/completions?a=1"),
        ("/v1/v1/v1/messages", "/v1/messages"),
        (
            "/v1/models/gemini-x:generateContent",
            "/v1beta/models/gemini-x:generateContent",
        ),
    ];

    for (asked, meant) in corrected {
        app.http
            .post(app.url(asked))
            .bearer_auth(&key)
            .body("{}")
            .send()
            .await
            .unwrap();
        assert_eq!(last(&log).uri.to_string(), meant);
    }
}

#[tokio::test]
async fn internal_endpoints_of_the_engine_cannot_be_reached() {
    let (app, log, key) = echoing().await;
    let kept = [
        "/v0/management/config",
        "/management.html",
        "/keep-alive",
        "/codex/callback",
        "/v1/ws",
        "/v1/%77s",
        "/v1//ws",
        "/v1/x/../ws",
        "/v1/realtime",
        "/v1/realtime/client_secrets",
        "/v1/live/1",
        "/v1/../v0/management/config",
        "/v1/%2e%2e/v0/management/config",
        "/v1beta/../v0/management/config",
        "/v1evil",
    ];

    for path in kept {
        let mut raw = Raw::connect(app.address).await;
        raw.send(format!("GET {path} HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n")).await;
        let answer = String::from_utf8(raw.read_to_end().await).unwrap();
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
    let mut reached = log.lock().unwrap().clone();
    // The server itself asks for the models, to see whether the engine is well.
    reached.retain(|seen| seen.uri != "/v1/models");
    assert!(reached.is_empty(), "{reached:?}");
}
