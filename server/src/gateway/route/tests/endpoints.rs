//! The table of endpoints.

use entity::request::Protocol;
use http::Method;
use http::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use metering::BodyForm;

use super::super::{Dialect, ModelSource, classify};
use super::{get, post};

const ENDPOINTS: [(&str, Dialect, Protocol, BodyForm); 12] = [
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
        Dialect::Responses,
        Protocol::OpenaiResponses,
        BodyForm::Json,
    ),
    (
        "/openai/v1/videos",
        Dialect::OpenAi,
        Protocol::Unmetered,
        BodyForm::Video,
    ),
    (
        "/v1/videos/extensions",
        Dialect::OpenAi,
        Protocol::Unmetered,
        BodyForm::Json,
    ),
    (
        "/v1/alpha/search",
        Dialect::OpenAi,
        Protocol::Unmetered,
        BodyForm::PlainJson,
    ),
    (
        "/v1beta/files",
        Dialect::Gemini,
        Protocol::Unmetered,
        BodyForm::PlainJson,
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
        Protocol::Unmetered,
        BodyForm::Json,
    ),
];

#[test]
fn knows_what_each_endpoint_speaks() {
    for (path, dialect, protocol, form) in ENDPOINTS {
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
        ("/v1beta/models/m:embedContent", "m", true),
        ("/v1beta/models/m:predictLongRunning", "m", true),
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
fn recognises_lists_and_sockets() {
    assert!(get("/v1/models").unwrap().lists_models);
    assert!(get("/v1beta/models").unwrap().lists_models);
    assert!(get("/v1beta/models/").unwrap().lists_models);
    assert!(!get("/v1/models/x").unwrap().lists_models);
    let socket = get("/v1/responses").unwrap();
    assert!(socket.is_websocket && socket.is_metered);
    assert_eq!(socket.model, ModelSource::Messages);
    assert!(!post("/v1/responses").unwrap().is_websocket);
}

#[test]
fn what_is_only_fetched_generates_nothing() {
    for path in [
        "/v1/videos/1",
        "/openai/v1/videos/1/content",
        "/v1/nowhere",
        "/v1beta/models/m",
    ] {
        let route = get(path).unwrap();
        assert_eq!((route.protocol, route.is_metered), (Protocol::Other, false));
    }
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
