//! Paths that are served, blocked, corrected and forwarded.

use proptest::prelude::*;

use super::super::{RouteError, path};
use super::{get, post};

#[test]
fn serves_what_is_below_the_prefixes() {
    for path in [
        "/v1",
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
        "/models",
        "/responses",
        "/.well-known/oauth-authorization-server",
        "/v1/%zz",
        "/v1/%f",
        "/v1/%ff",
        "/v1/models%",
    ];
    for path in paths {
        assert_eq!(get(path), Err(RouteError::NotFound), "{path}");
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
        assert_eq!(get(path), Err(RouteError::Blocked), "{path}");
        assert_eq!(post(path), Err(RouteError::Blocked), "{path}");
    }
    assert!(get("/v1/wsx").is_ok());
}

#[test]
fn sends_paths_on_as_they_came() {
    for path in ["/v1/chat%2Fcompletions", "/v1/./responses", "/v1/v1x"] {
        assert_eq!(post(path).unwrap().path, path);
    }
}

#[test]
fn corrects_base_urls_where_only_one_endpoint_can_be_meant() {
    let cases = [
        ("//v1/messages", "/v1/messages"),
        ("/v1//chat///completions/", "/v1/chat/completions"),
        ("/v1/responses/", "/v1/responses"),
        ("/v1/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/v1", "/v1"),
        ("/chat/completions", "/v1/chat/completions"),
        ("/completions", "/v1/completions"),
        ("/messages", "/v1/messages"),
        ("/messages/count_tokens", "/v1/messages/count_tokens"),
        ("/responses", "/v1/responses"),
        ("/responses/compact", "/v1/responses/compact"),
        ("/images/generations", "/v1/images/generations"),
        ("/embeddings", "/v1/embeddings"),
        ("/api/v1/chat/completions", "/v1/chat/completions"),
        ("/openai/v1/chat/completions", "/v1/chat/completions"),
        ("/openai/v1/videos", "/openai/v1/videos"),
        ("/anthropic/v1/messages", "/v1/messages"),
        ("/v1beta/openai/chat/completions", "/v1/chat/completions"),
        (
            "/models/gemini-2.5-pro:generateContent",
            "/v1beta/models/gemini-2.5-pro:generateContent",
        ),
        (
            "/v1/models/gemini-2.5-pro:generateContent",
            "/v1beta/models/gemini-2.5-pro:generateContent",
        ),
        (
            "/v1/v1beta/models/gemini-2.5-pro:streamGenerateContent",
            "/v1beta/models/gemini-2.5-pro:streamGenerateContent",
        ),
        (
            "/v1/v1/models/a%2Fb%3AcountTokens",
            "/v1beta/models/a%2Fb%3AcountTokens",
        ),
    ];
    for (path, sent) in cases {
        assert_eq!(post(path).unwrap().path, sent, "{path}");
    }
    let lists = [
        ("/v1/v1/v1/models", "/v1/models"),
        ("//v1/models", "/v1/models"),
        ("/api/v1/models", "/v1/models"),
        ("/v1/v1beta/models", "/v1beta/models"),
        ("/v1/models/llama:8b", "/v1/models/llama:8b"),
    ];
    for (path, sent) in lists {
        assert_eq!(get(path).unwrap().path, sent, "{path}");
    }
}

#[test]
fn corrects_nothing_that_could_mean_something_else() {
    for path in [
        "/",
        "/users",
        "/models/x",
        "/api/v1/unknown",
        "/v2/messages",
    ] {
        assert_eq!(post(path), Err(RouteError::NotFound), "{path}");
    }
    for path in ["//v1/ws", "/v1/v1/realtime", "/v1//live/"] {
        assert_eq!(post(path), Err(RouteError::Blocked), "{path}");
    }
}

proptest! {
    #[test]
    fn never_serves_a_blocked_path(
        parts in prop::collection::vec(prop::sample::select(vec![
            "/", "..", ".", "v1", "v1beta", "models", "ws", "live", "%77", "s", "%2f", "%2e", ":", "x",
            "//", "/api/", "/openai/", "/messages",
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
