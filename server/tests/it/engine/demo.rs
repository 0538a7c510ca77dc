//! The demo engine answers every protocol, identifies itself, and counts the same streamed and not.

use proxypal_server::engine::{EngineMode, EngineState};
use reqwest::Method;
use serde_json::{Value, json};

use super::support::TestEngine;

async fn demo() -> TestEngine {
    let test_engine = TestEngine::launch(Vec::new(), |options| options.mode = EngineMode::Demo);
    test_engine.running().await;
    test_engine
}

async fn post(test_engine: &TestEngine, path: &str, body: &Value) -> String {
    let answer = test_engine
        .request(Method::POST, path)
        .json(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

/// The JSON of the stream's `data:` lines.
fn events(stream: &str) -> Vec<Value> {
    let data = stream
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok())
        .collect()
}

/// Asks plainly and streamed; answers the plain answer, and the events.
async fn both(test_engine: &TestEngine, path: &str, mut body: Value) -> (Value, Vec<Value>) {
    let plain = serde_json::from_str(&post(test_engine, path, &body).await).unwrap();
    body["stream"] = json!(true);
    (plain, events(&post(test_engine, path, &body).await))
}

const SENTENCE: &str = "This is the demo engine of ProxyPal Server";

#[tokio::test(flavor = "multi_thread")]
async fn replaces_a_missing_engine_with_a_notice() {
    let test_engine = TestEngine::launch(Vec::new(), |options| {
        options.binary = None;
        options.allow_demo_fallback = true;
    });

    let status = test_engine.running().await;

    assert_eq!(status.mode, EngineMode::Demo);
    assert!(status.notice.unwrap().contains("engine install"));
}

#[tokio::test(flavor = "multi_thread")]
async fn stops_and_starts_like_any_engine() {
    let test_engine = demo().await;

    test_engine.engine.stop().await.unwrap();
    assert!(test_engine.engine.endpoint().is_none());

    assert_eq!(
        test_engine.engine.start().await.unwrap().state,
        EngineState::Running
    );
    assert_eq!(test_engine.models().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn requires_its_key() {
    let test_engine = demo().await;
    let url = format!(
        "http://{}/v1/models",
        test_engine.engine.endpoint().unwrap().authority
    );

    let answer = test_engine.http.get(url).send().await.unwrap();

    assert_eq!(answer.status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn speaks_chat_completions() {
    let test_engine = demo().await;
    let body =
        json!({"model": "demo-gpt", "messages": [{"role": "user", "content": "hello there"}]});

    let (plain, events) = both(&test_engine, "/v1/chat/completions", body).await;

    let text = plain["choices"][0]["message"]["content"].as_str().unwrap();
    let streamed: String = events
        .iter()
        .filter_map(|event| event["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert!(text.starts_with(SENTENCE));
    assert_eq!(streamed, text);
    assert_eq!(plain["usage"]["prompt_tokens"], 2);
    assert_eq!(plain["usage"]["completion_tokens"], text.split(' ').count());
    assert_eq!(events.last().unwrap()["usage"], plain["usage"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn speaks_completions() {
    let test_engine = demo().await;
    let body = json!({"model": "demo-gpt", "prompt": "hello there"});

    let (plain, events) = both(&test_engine, "/v1/completions", body).await;

    assert!(
        plain["choices"][0]["text"]
            .as_str()
            .unwrap()
            .starts_with(SENTENCE)
    );
    assert_eq!(events.last().unwrap()["usage"], plain["usage"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn speaks_responses() {
    let test_engine = demo().await;
    let body = json!({"model": "demo-gpt", "instructions": "be kind", "input": "hello there"});

    let (plain, events) = both(&test_engine, "/v1/responses", body).await;

    let completed = events.last().unwrap();
    assert_eq!(completed["type"], "response.completed");
    assert_eq!(completed["response"]["usage"], plain["usage"]);
    assert_eq!(plain["usage"]["input_tokens"], 4);
    assert!(
        plain["output"][0]["content"][0]["text"]
            .as_str()
            .unwrap()
            .starts_with(SENTENCE)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn speaks_messages_and_counts_their_tokens() {
    let test_engine = demo().await;
    let body = json!({
        "model": "demo-claude", "max_tokens": 5, "system": "be kind",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hello there"}]}],
    });

    let counted = post(&test_engine, "/v1/messages/count_tokens", &body).await;
    let (plain, events) = both(&test_engine, "/v1/messages", body).await;

    assert_eq!(counted, r#"{"input_tokens":4}"#);
    assert_eq!(plain["content"][0]["text"], "This is the demo engine");
    assert_eq!(plain["stop_reason"], "max_tokens");
    assert_eq!(
        (
            &plain["usage"]["input_tokens"],
            &plain["usage"]["output_tokens"]
        ),
        (&json!(4), &json!(5))
    );
    assert_eq!(events[events.len() - 2]["usage"], plain["usage"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn speaks_gemini() {
    let test_engine = demo().await;
    let body = json!({"contents": [{"role": "user", "parts": [{"text": "hello there"}]}]});

    let plain = post(
        &test_engine,
        "/v1beta/models/demo-gemini:generateContent",
        &body,
    )
    .await;
    let plain: Value = serde_json::from_str(&plain).unwrap();
    let streamed = post(
        &test_engine,
        "/v1beta/models/demo-gemini:streamGenerateContent?alt=sse",
        &body,
    )
    .await;
    let counted = post(
        &test_engine,
        "/v1beta/models/demo-gemini:countTokens",
        &body,
    )
    .await;

    let events = events(&streamed);
    assert!(
        plain["candidates"][0]["content"]["parts"][0]["text"]
            .as_str()
            .unwrap()
            .starts_with(SENTENCE)
    );
    assert_eq!(
        events.last().unwrap()["usageMetadata"],
        plain["usageMetadata"]
    );
    assert_eq!(plain["usageMetadata"]["promptTokenCount"], 2);
    assert_eq!(counted, r#"{"totalTokens":2}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_a_requested_tool() {
    let test_engine = demo().await;
    let body = json!({
        "model": "demo-gpt", "messages": [{"role": "user", "content": "use get_weather"}],
        "tools": [{"type": "function", "function": {"name": "get_weather", "parameters":
            {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}],
    });

    let (plain, _) = both(&test_engine, "/v1/chat/completions", body).await;

    let call = &plain["choices"][0]["message"]["tool_calls"][0]["function"];
    assert_eq!(
        call,
        &json!({"name": "get_weather", "arguments": r#"{"city":"demo"}"#})
    );
    assert_eq!(plain["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_with_text_unless_a_tool_call_is_requested() {
    let test_engine = demo().await;
    let tools =
        ["Read", "Bash"].map(|name| json!({"name": name, "input_schema": {"type": "object"}}));
    let prompt = "<system-reminder>Use the Read tool to look at files, call Bash to run commands.\
        </system-reminder>";
    let body = json!({
        "model": "demo-claude", "max_tokens": 500, "tools": tools,
        "messages": [{"role": "user", "content": [
            {"type": "text", "text": prompt}, {"type": "text", "text": "hello"},
        ]}],
    });

    let (plain, _) = both(&test_engine, "/v1/messages", body).await;

    assert_eq!(plain["stop_reason"], "end_turn");
    assert!(
        plain["content"][0]["text"]
            .as_str()
            .unwrap()
            .starts_with(SENTENCE)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_models_that_it_does_not_know_in_each_dialect() {
    let test_engine = demo().await;
    let body = json!({"model": "gpt-9", "messages": []});

    let openai = test_engine
        .request(Method::POST, "/v1/chat/completions")
        .json(&body)
        .send()
        .await
        .unwrap();
    let anthropic = test_engine
        .request(Method::POST, "/v1/messages")
        .json(&body)
        .send()
        .await
        .unwrap();

    assert_eq!(
        (openai.status().as_u16(), anthropic.status().as_u16()),
        (400, 400)
    );
    let openai: Value = openai.json().await.unwrap();
    let anthropic: Value = anthropic.json().await.unwrap();
    assert_eq!(openai["error"]["code"], "model_not_found");
    assert_eq!(anthropic["error"]["type"], "invalid_request_error");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_its_models_in_each_shape() {
    let test_engine = demo().await;

    let anthropic = test_engine
        .request(Method::GET, "/v1/models")
        .header("anthropic-version", "2023-06-01");
    let anthropic: Value = anthropic.send().await.unwrap().json().await.unwrap();
    let gemini: Value = test_engine
        .request(Method::GET, "/v1beta/models")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();

    assert_eq!(anthropic["data"][1]["id"], "demo-claude");
    assert_eq!(gemini["models"][2]["name"], "models/demo-gemini");
}
