//! Large JSON responses are compressed for clients that accept gzip.

use std::io::Read as _;

use flate2::read::GzDecoder;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Caller, ControlPlane};

const SCHEMA: &str = "{ __schema { types { name description fields { name description } } } }";

async fn post(caller: &Caller, codings: &str, query: &str) -> Response {
    let request = caller.request(Method::POST, "/graphql");
    let request = request.header("accept-encoding", codings);
    request
        .json(&json!({ "query": query }))
        .send()
        .await
        .unwrap()
}

fn coding(answer: &Response) -> Option<&str> {
    let coding = answer.headers().get("content-encoding");
    coding.map(|coding| coding.to_str().unwrap())
}

#[tokio::test]
async fn a_large_answer_is_compressed_for_clients_that_accept_it() {
    let plane = ControlPlane::start().await;
    let browser = plane.admin().await;

    let plain = post(&browser, "identity", SCHEMA).await;
    let small = post(&browser, "br, gzip", SCHEMA).await;

    assert_eq!(coding(&plain), None);
    assert_eq!(coding(&small), Some("gzip"));
    assert_eq!(small.headers()["vary"], "accept-encoding");
    assert_eq!(small.headers()["cache-control"], "no-store");
    let (plain, small) = (plain.bytes().await.unwrap(), small.bytes().await.unwrap());
    assert!(
        small.len() * 2 < plain.len(),
        "{} of {}",
        small.len(),
        plain.len()
    );
    let mut decoded = Vec::new();
    GzDecoder::new(&small[..])
        .read_to_end(&mut decoded)
        .unwrap();
    assert_eq!(decoded, plain);
}

#[tokio::test]
async fn a_small_answer_is_not_compressed() {
    let plane = ControlPlane::start().await;

    let answer = post(&plane.admin().await, "gzip", "{ serverInfo { version } }").await;

    assert_eq!(coding(&answer), None);
}

#[tokio::test]
async fn the_answer_to_a_mutation_is_not_compressed_however_large() {
    let plane = ControlPlane::start().await;
    let aliases: Vec<String> = (0..20)
        .map(|n| {
            format!(
                "a{n}: createUser(input: {{ name: \"user {n}\" }}) {{ user {{ id name }} secret }}"
            )
        })
        .collect();

    let answer = post(
        &plane.admin().await,
        "gzip",
        &format!("mutation {{ {} }}", aliases.join(" ")),
    )
    .await;

    assert_eq!(coding(&answer), None);
    let answer = answer.bytes().await.unwrap();
    assert!(answer.len() > 1024, "{answer:?}");
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert!(answer["data"]["a19"]["secret"].is_string(), "{answer}");
}

#[tokio::test]
async fn an_event_stream_is_not_compressed() {
    let plane = ControlPlane::start().await;
    let browser = plane.admin().await;
    let request = browser.request(Method::POST, "/graphql");
    let request = request
        .header("accept-encoding", "gzip")
        .header("accept", "text/event-stream");

    let answer = request
        .json(&json!({ "query": SCHEMA }))
        .send()
        .await
        .unwrap();

    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(coding(&answer), None);
}
