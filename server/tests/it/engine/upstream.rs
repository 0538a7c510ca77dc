//! Providers of every protocol, as far as the contract's tests need them.

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use entity::provider_account::{ProviderKind, ProviderModel};
use futures_util::{StreamExt as _, stream};
use proxypal_server::domain::provider_accounts::{CredentialSecret, ProviderCredential};
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::serve;

/// The usage at the end of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Whole,
    /// The output alone.
    Terse,
}

/// Serves all protocols; answers the credentials for them: `stub-claude`, `stub-codex`, `stub-gemini`,
/// `stub-terse`, which reports the input at the start only, and `stub-endless`, whose answers never end.
pub(crate) async fn credentials() -> Vec<ProviderCredential> {
    let router = Router::new()
        .route(
            "/v1/messages",
            post(|| async { events(&messages(Ending::Whole)) }),
        )
        .route(
            "/endless/v1/messages",
            post(|| async { endless(&messages(Ending::Whole)[..2]) }),
        )
        .route(
            "/terse/v1/messages",
            post(|| async { events(&messages(Ending::Terse)) }),
        )
        .route("/codex/responses", post(|| async { events(&responses()) }))
        .route(
            "/v1beta/models/{*action}",
            post(|| async { events(&gemini()) }),
        );
    let address = serve(router).await;
    let base = address.trim_end_matches("/v1");
    vec![
        credential(ProviderKind::Claude, "stub-claude", base.to_owned()),
        credential(
            ProviderKind::Claude,
            "stub-endless",
            format!("{base}/endless"),
        ),
        credential(ProviderKind::Claude, "stub-terse", format!("{base}/terse")),
        credential(ProviderKind::Chatgpt, "stub-codex", format!("{base}/codex")),
        credential(ProviderKind::Gemini, "stub-gemini", base.to_owned()),
    ]
}

fn credential(kind: ProviderKind, model: &str, base_url: String) -> ProviderCredential {
    ProviderCredential {
        account_id: Uuid::now_v7(),
        kind,
        label: model.to_owned(),
        secret: CredentialSecret::ApiKey(format!("key-of-{model}").into()),
        headers: BTreeMap::new(),
        base_url: Some(base_url),
        models: vec![ProviderModel {
            name: model.to_owned(),
            alias: None,
        }],
        prefix: None,
        priority: 0,
        weight: 1,
        proxy_url: None,
    }
}

fn events(events: &[Value]) -> Response {
    let text: String = events.iter().map(rendered).collect();
    ([("content-type", "text/event-stream")], text).into_response()
}

fn endless(events: &[Value]) -> Response {
    let begun: Vec<_> = events
        .iter()
        .map(rendered)
        .map(Ok::<_, Infallible>)
        .collect();
    let body = Body::from_stream(stream::iter(begun).chain(stream::pending()));
    ([("content-type", "text/event-stream")], body).into_response()
}

fn rendered(event: &Value) -> String {
    match event["type"].as_str() {
        Some(name) => format!("event: {name}\ndata: {event}\n\n"),
        None => format!("data: {event}\n\n"),
    }
}

fn with_output(usage: &Value, output: u32) -> Value {
    let mut usage = usage.clone();
    usage["output_tokens"] = json!(output);
    usage
}

fn messages(ending: Ending) -> [Value; 6] {
    let usage = json!({
        "input_tokens": 7, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 2, "output_tokens": 1,
    });
    let ended = if ending == Ending::Terse {
        json!({"output_tokens": 5})
    } else {
        with_output(&usage, 5)
    };
    [
        json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant",
            "model": "stub-claude", "content": [], "stop_reason": null, "usage": usage}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hello"}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": ended}),
        json!({"type": "message_stop"}),
    ]
}

fn responses() -> [Value; 3] {
    let item = json!({"id": "item_1", "type": "message", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": "hello", "annotations": []}]});
    let response = json!({"id": "resp_1", "object": "response", "created_at": 1, "model": "stub-codex",
        "status": "completed", "output": [item], "usage": {
            "input_tokens": 10, "input_tokens_details": {"cached_tokens": 4},
            "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 15}});
    [
        json!({"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}}),
        json!({"type": "response.output_text.delta", "item_id": "item_1", "output_index": 0,
            "content_index": 0, "delta": "hello"}),
        json!({"type": "response.completed", "response": response}),
    ]
}

fn gemini() -> [Value; 2] {
    let parts = json!({"role": "model", "parts": [{"text": "hello"}]});
    let usage = json!({"promptTokenCount": 10, "cachedContentTokenCount": 4, "candidatesTokenCount": 3,
        "thoughtsTokenCount": 2, "totalTokenCount": 15});
    [
        json!({"candidates": [{"index": 0, "content": parts}], "usageMetadata": usage}),
        json!({"candidates": [{"index": 0, "content": parts, "finishReason": "STOP"}], "usageMetadata": usage}),
    ]
}
