//! Every kind of path.

use entity::request::Protocol;
use http::Method;
use http::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use proptest::prelude::*;

use super::query::{credential, without_credentials};
use super::{BodyForm, Dialect, ModelSource, Refusal, Route, classify};

fn get(path: &str) -> Result<Route, Refusal> {
    classify(&Method::GET, path, &HeaderMap::new())
}

fn post(path: &str) -> Result<Route, Refusal> {
    classify(&Method::POST, path, &HeaderMap::new())
}

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

#[test]
fn knows_what_each_endpoint_speaks() {
    let cases = [
        (
            "/v1/chat/completions",
            Dialect::OpenAi,
            Protocol::OpenaiChat,
            BodyForm::Json,
        ),
        (
            "/v1/completions/",
            Dialect::OpenAi,
            Protocol::OpenaiCompletions,
            BodyForm::Json,
        ),
        (
            "/v1/images/edits",
            Dialect::OpenAi,
            Protocol::OpenaiImages,
            BodyForm::ImageEdit,
        ),
        (
            "/v1/messages",
            Dialect::Anthropic,
            Protocol::AnthropicMessages,
            BodyForm::PlainJson,
        ),
        (
            "/v1/messages/count_tokens",
            Dialect::Anthropic,
            Protocol::Other,
            BodyForm::PlainJson,
        ),
        (
            "/backend-api/codex/responses",
            Dialect::OpenAi,
            Protocol::OpenaiResponses,
            BodyForm::Json,
        ),
        (
            "/openai/v1/videos",
            Dialect::OpenAi,
            Protocol::Other,
            BodyForm::Video,
        ),
        (
            "/v1beta/interactions",
            Dialect::Gemini,
            Protocol::Gemini,
            BodyForm::PlainJson,
        ),
        (
            "/v1/embeddings",
            Dialect::OpenAi,
            Protocol::Other,
            BodyForm::Json,
        ),
    ];
    for (path, dialect, protocol, form) in cases {
        let route = post(path).unwrap();
        assert_eq!(
            (route.dialect, route.protocol),
            (dialect, protocol),
            "{path}"
        );
        assert_eq!(route.model, ModelSource::Body(form), "{path}");
        assert_eq!(route.is_metered, protocol != Protocol::Other, "{path}");
    }
}

#[test]
fn reads_the_model_from_gemini_paths() {
    let cases = [
        (
            "/v1beta/models/gemini-2.5-pro:streamGenerateContent",
            "gemini-2.5-pro",
            true,
        ),
        (
            "/v1beta/models/models%2Fa%2Fb%3AgenerateContent",
            "a/b",
            true,
        ),
        ("/v1beta/models/x/../y:generateContent", "x/../y", true),
        ("/v1/models/m:countTokens", "m", false),
    ];
    for (path, model, is_metered) in cases {
        let route = post(path).unwrap();
        assert_eq!(route.model, ModelSource::Path(model.to_owned()), "{path}");
        assert_eq!(
            (route.dialect, route.is_metered),
            (Dialect::Gemini, is_metered),
            "{path}"
        );
    }
    let route = get("/v1beta/models/models/a:b").unwrap();
    assert_eq!(route.model, ModelSource::Path("a:b".to_owned()));
}

#[test]
fn tells_lists_and_sockets() {
    assert!(get("/v1/models").unwrap().lists_models);
    assert!(get("/v1beta/models").unwrap().lists_models);
    assert!(!get("/v1beta/models/").unwrap().lists_models);
    assert!(!get("/v1/models/x").unwrap().lists_models);
    let socket = get("/v1/responses").unwrap();
    assert!(socket.is_websocket && socket.is_metered);
    assert_eq!(socket.model, ModelSource::Messages);
    assert!(!post("/v1/responses").unwrap().is_websocket);
}

#[test]
fn lists_models_in_the_dialect_of_the_caller() {
    let dialect = |name: HeaderName, value| {
        let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
        classify(&Method::GET, "/v1/models", &headers)
            .unwrap()
            .dialect
    };

    assert_eq!(dialect(USER_AGENT, "claude-cli/2.0"), Dialect::Anthropic);
    assert_eq!(dialect(USER_AGENT, "curl/8"), Dialect::OpenAi);
    let version = HeaderName::from_static("anthropic-version");
    assert_eq!(dialect(version, "2023-06-01"), Dialect::Anthropic);
}

#[test]
fn labels_endpoints() {
    assert_eq!(
        post("/v1/v1/messages").unwrap().endpoint,
        "POST /v1/messages"
    );
    let long = format!("/v1/{}é", "x".repeat(191));
    assert_eq!(get(&long).unwrap().endpoint.len(), 199);
    assert_eq!(get("/v1/a\u{7}b").unwrap().endpoint, "GET /v1/ab");
}

#[test]
fn takes_credentials_out_of_a_query() {
    let cases = [
        ("alt=sse&key=s", "alt=sse"),
        ("key=s", ""),
        ("k%65y=s&a=%20+;&&b", "a=%20+;&&b"),
        ("auth_token&x=1&key=t", "x=1"),
        ("Key=a&keys=b&key2", "Key=a&keys=b&key2"),
        ("", ""),
    ];
    for (query, kept) in cases {
        assert_eq!(without_credentials(query), kept);
    }
    assert_eq!(
        credential("auth_token=b&k%65y=a%2Bb+c").as_deref(),
        Some("a+b c")
    );
    assert_eq!(credential("auth_token=b").as_deref(), Some("b"));
    assert_eq!(credential("key=&x"), None);
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
            let decoded = super::path::decode(&route.path).unwrap();
            prop_assert!(!super::path::is_blocked(&super::path::clean(&decoded)));
            prop_assert!(!super::path::is_blocked(&decoded));
        }
    }
}
