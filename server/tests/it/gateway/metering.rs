//! The record of each request: exact tokens for every protocol, with user, key and model.

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Response, StatusCode},
    routing::post,
};
use entity::request::{Outcome, Protocol, UsageSource};
use futures_util::stream;
use proxypal_server::domain::{requests::tokens_of, tokens::Tokens};
use serde_json::{Value, json};

use crate::support::TestApp;

/// An engine that answers every post with these pieces.
pub(crate) fn answering(content_type: &'static str, pieces: Vec<String>) -> Router {
    let answer = move || async move {
        let pieces = pieces
            .into_iter()
            .map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece)));
        Response::builder()
            .header("content-type", content_type)
            .body(Body::from_stream(stream::iter(pieces)))
            .unwrap()
    };
    Router::new().fallback(post(answer))
}

fn events(events: &[Value]) -> Vec<String> {
    events
        .iter()
        .map(|event| format!("data: {event}\n\n"))
        .collect()
}

fn named_events(events: &[Value]) -> Vec<String> {
    let named = |event: &Value| {
        format!(
            "event: {}\ndata: {event}\n\n",
            event["type"].as_str().unwrap()
        )
    };
    events.iter().map(named).collect()
}

struct Case {
    path: &'static str,
    protocol: Protocol,
    content_type: &'static str,
    answer: Vec<String>,
    tokens: Tokens,
}

const SSE: &str = "text/event-stream";
const JSON: &str = "application/json";

#[expect(clippy::too_many_lines, reason = "a table of what providers answer")]
fn cases() -> Vec<Case> {
    let chat_usage = json!({
        "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
        "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 2}
    });
    let responses_usage = json!({
        "input_tokens": 10, "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 15
    });
    let openai = Tokens {
        input: 6,
        cache_read: 4,
        cache_write: 0,
        cache_write_1h: 0,
        output: 3,
        reasoning: 2,
        ..Tokens::default()
    };
    let gemini_usage = json!({
        "promptTokenCount": 10, "cachedContentTokenCount": 4,
        "candidatesTokenCount": 3, "thoughtsTokenCount": 2, "totalTokenCount": 15
    });
    let anthropic = Tokens {
        input: 6,
        cache_read: 4,
        cache_write: 7,
        cache_write_1h: 0,
        output: 5,
        reasoning: 0,
        ..Tokens::default()
    };
    vec![
        Case {
            path: "/v1/chat/completions", protocol: Protocol::OpenaiChat, content_type: JSON, tokens: openai,
            answer: vec![json!({"model": "served", "choices": [], "usage": chat_usage}).to_string()],
        },
        Case {
            path: "/v1/chat/completions", protocol: Protocol::OpenaiChat, content_type: SSE, tokens: openai,
            answer: [
                events(&[
                    json!({"model": "served", "choices": [{"delta": {"content": "hi"}}]}),
                    json!({"model": "served", "choices": [], "usage": chat_usage}),
                ]),
                vec!["data: [DONE]\n\n".to_owned()],
            ].concat(),
        },
        Case {
            path: "/v1/responses", protocol: Protocol::OpenaiResponses, content_type: JSON, tokens: openai,
            answer: vec![json!({"model": "served", "status": "completed", "output": [], "usage": responses_usage}).to_string()],
        },
        Case {
            path: "/v1/responses", protocol: Protocol::OpenaiResponses, content_type: SSE, tokens: openai,
            answer: named_events(&[
                json!({"type": "response.created", "response": {"model": "served", "usage": null}}),
                json!({"type": "response.output_text.delta", "delta": "hi"}),
                json!({"type": "response.completed", "response": {"model": "served", "usage": responses_usage}}),
            ]),
        },
        Case {
            path: "/v1/messages", protocol: Protocol::AnthropicMessages, content_type: JSON, tokens: anthropic,
            answer: vec![json!({"type": "message", "model": "served", "usage": {
                "input_tokens": 6, "cache_creation_input_tokens": 7, "cache_read_input_tokens": 4, "output_tokens": 5
            }}).to_string()],
        },
        Case {
            path: "/v1/messages", protocol: Protocol::AnthropicMessages, content_type: SSE, tokens: anthropic,
            answer: named_events(&[
                json!({"type": "message_start", "message": {"model": "served", "usage": {
                    "input_tokens": 6, "cache_creation_input_tokens": 7, "cache_read_input_tokens": 4, "output_tokens": 1
                }}}),
                json!({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "hi"}}),
                json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}}),
                json!({"type": "message_stop"}),
            ]),
        },
        Case {
            path: "/v1beta/models/asked:generateContent", protocol: Protocol::Gemini, content_type: JSON, tokens: openai,
            answer: vec![json!({"modelVersion": "served", "candidates": [{"finishReason": "STOP"}], "usageMetadata": gemini_usage}).to_string()],
        },
        Case {
            path: "/v1beta/models/asked:streamGenerateContent?alt=sse", protocol: Protocol::Gemini, content_type: SSE, tokens: openai,
            answer: events(&[
                json!({"modelVersion": "served", "candidates": [{"content": {}}], "cpaUsageMetadata": {"promptTokenCount": 99}}),
                json!({"modelVersion": "served", "candidates": [{"finishReason": "STOP"}], "usageMetadata": gemini_usage}),
            ]),
        },
    ]
}

#[tokio::test]
async fn tokens_are_exact_for_every_protocol_streamed_or_not() {
    for case in cases() {
        let app = TestApp::with_engine(answering(case.content_type, case.answer.clone())).await;
        let key = app.issue_key().await;
        let mut records = app.records().await;

        let answer = app
            .http
            .post(app.url(case.path))
            .bearer_auth(&key)
            .json(&json!({"model": "asked"}))
            .send()
            .await
            .unwrap();
        let request_id = answer.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned();
        assert_eq!(answer.text().await.unwrap(), case.answer.concat());

        let record = records.next().await;
        let what = format!("{} {}", case.path, case.content_type);
        assert_eq!(record.id.to_string(), request_id, "{what}");
        assert_eq!(tokens_of(&record), Some(case.tokens), "{what}");
        assert_eq!(record.usage_source, UsageSource::Wire, "{what}");
        assert_eq!(record.outcome, Outcome::Completed, "{what}");
        assert_eq!(record.protocol, case.protocol, "{what}");
        assert_eq!(record.streamed, case.content_type == SSE, "{what}");
        assert_eq!(record.model.as_deref(), Some("asked"), "{what}");
        assert_eq!(record.served_model.as_deref(), Some("served"), "{what}");
        assert!(
            record.time_to_first_byte.unwrap() <= record.duration,
            "{what}"
        );
    }
}

#[tokio::test]
async fn an_answer_without_usage_is_estimated() {
    let app = TestApp::with_engine(answering(JSON, vec![json!({"choices": []}).to_string()])).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    app.http
        .post(app.url("/v1/chat/completions"))
        .bearer_auth(&key)
        .body("{}")
        .send()
        .await
        .unwrap();

    let record = records.next().await;
    assert!(tokens_of(&record).unwrap().output > 0);
    assert_eq!(record.usage_source, UsageSource::Estimated);
}

#[tokio::test]
async fn an_error_of_the_provider_is_forwarded_and_recorded_as_such() {
    let refusal = json!({"error": {"message": "slow down", "type": "rate_limit_error", "code": "rate_limited"}});
    let body = refusal.to_string();
    let engine = Router::new().fallback(post(move || async move {
        (
            StatusCode::TOO_MANY_REQUESTS,
            [("retry-after", "7"), ("content-type", JSON)],
            body,
        )
    }));
    let app = TestApp::with_engine(engine).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    let answer = app
        .http
        .post(app.url("/v1/chat/completions"))
        .bearer_auth(&key)
        .body("{}")
        .send()
        .await
        .unwrap();

    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()["retry-after"], "7");
    assert!(!answer.headers().contains_key("x-proxypal-error"));
    assert_eq!(answer.json::<Value>().await.unwrap(), refusal);
    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::UpstreamError);
    assert_eq!(record.http_status, Some(429));
    assert_eq!(record.error_code.as_deref(), Some("rate_limited"));
    assert_eq!(tokens_of(&record), Some(Tokens::default()));
}

#[tokio::test]
async fn an_error_in_the_middle_of_a_stream_is_recorded_as_such() {
    let answer = events(&[
        json!({"choices": [{"delta": {"content": "hi"}}]}),
        json!({"error": {"message": "overloaded", "code": "overloaded"}}),
    ]);
    let app = TestApp::with_engine(answering(SSE, answer)).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    app.http
        .post(app.url("/v1/chat/completions"))
        .bearer_auth(&key)
        .body("{}")
        .send()
        .await
        .unwrap();

    let record = records.next().await;
    assert_eq!(record.outcome, Outcome::UpstreamError);
    assert_eq!(record.error_code.as_deref(), Some("overloaded"));
}
