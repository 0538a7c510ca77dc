//! What is served, blocked, forgiven and sent on.

use proptest::prelude::*;

use super::super::{Refusal, path};
use super::{get, post};

#[test]
fn serves_what_is_below_the_prefixes() {
    for path in [
        "/v1",
        "/v1/",
        "/v1/x",
        "/v1beta/x",
        "/openai/v1/videos/7",
        "/backend-api/codex/x",
    ] {
        assert_eq!(get(path).unwrap().path, path);
    }
}

#[test]
fn finds_nothing_elsewhere() {
    let paths = [
        "/",
        "",
        "*",
        "/v1evil",
        "/v2/x",
        "/openai/x",
        "/backend-api",
        "/v0/management",
        "/V1/models",
        "/v1/../v0/management",
        "/v1/%2e%2e/management.html",
        "/v1beta/models/../../v0/management",
        "/x/../v1/models",
        "//v1/models",
        "/v1/%zz",
        "/v1/%f",
        "/v1/%ff",
        "/v1/models%",
    ];
    for path in paths {
        assert_eq!(get(path), Err(Refusal::NotFound), "{path}");
    }
}

#[test]
fn blocks_what_the_engine_must_not_show() {
    let paths = [
        "/v1/ws",
        "/v1/ws/",
        "/v1/%77s",
        "/v1/./ws",
        "/v1//ws",
        "/v1/x/../ws",
        "/v1/v1/ws",
        "/v1/realtime",
        "/v1/realtime/calls/7",
        "/v1/realtime%2Fclient_secrets",
        "/v1/realtimes",
        "/v1/live",
        "/v1/live/7",
        "/v1/live/..",
        "/v1/live%2f..",
        "/v1beta/models/../../v1/ws",
    ];
    for path in paths {
        assert_eq!(get(path), Err(Refusal::Blocked), "{path}");
        assert_eq!(post(path), Err(Refusal::Blocked), "{path}");
    }
    assert!(get("/v1/wsx").is_ok());
}

#[test]
fn sends_paths_on_as_they_came() {
    for path in [
        "/v1/chat%2Fcompletions",
        "/v1/chat//completions",
        "/v1/./responses",
        "/v1/v1x",
    ] {
        assert_eq!(post(path).unwrap().path, path);
    }
}

#[test]
fn forgives_common_mistakes() {
    let cases = [
        ("/v1/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/v1/v1/models", "/v1/models"),
        ("/v1/v1", "/v1"),
        (
            "/v1/models/gemini-2.5-pro:generateContent",
            "/v1beta/models/gemini-2.5-pro:generateContent",
        ),
        (
            "/v1/v1/models/a%2Fb%3AcountTokens",
            "/v1beta/models/a%2Fb%3AcountTokens",
        ),
    ];
    for (path, sent) in cases {
        assert_eq!(post(path).unwrap().path, sent);
    }
    assert_eq!(
        get("/v1/models/llama:8b").unwrap().path,
        "/v1/models/llama:8b"
    );
}

proptest! {
    #[test]
    fn never_serves_a_blocked_path(
        parts in prop::collection::vec(prop::sample::select(vec![
            "/", "..", ".", "v1", "v1beta", "models", "ws", "live", "%77", "s", "%2f", "%2e", ":", "x",
        ]), 0..9),
    ) {
        let path = format!("/{}", parts.concat());
        if let Ok(route) = post(&path) {
            let decoded = path::decode(&route.path).unwrap();
            prop_assert!(!path::is_blocked(&path::clean(&decoded)));
            prop_assert!(!path::is_blocked(&decoded));
        }
    }
}
