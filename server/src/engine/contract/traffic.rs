//! One request in each protocol, what the usage queue reports of it, and refusals.

use http::Method;
use reqwest::Response;
use serde_json::{Value, json};
use uuid::Uuid;

use super::management::missing_members;
use super::probe::{Probe, json, send, text, when};
use super::report::ContractReport;
use super::upstream::{TEXT, TOKENS};
use crate::engine::managed::PROBE_MODELS;

/// A request, and what its answer contains.
struct Exchange {
    name: &'static str,
    path: String,
    body: Value,
    /// The event or member that ends the answer.
    end: &'static str,
}

pub(super) async fn check(probe: &Probe<'_>, report: &mut ContractReport) {
    for exchange in exchanges() {
        let request_id = Uuid::now_v7();
        let answered = ask(probe, &exchange, request_id).await;
        let (name, end) = (exchange.name, exchange.end);
        let is_answered = answered.is_ok();
        let expected = format!("POST {} answers 200 with the text and {end}", exchange.path);
        report.note(
            name,
            &expected,
            answered
                .as_ref()
                .map(|(text, _)| summary(text))
                .map_err(Clone::clone),
        );
        if let Ok((_, header)) = answered {
            let found = header.ok_or_else(|| "no such header".to_owned());
            report.note(
                &format!("{name}: id"),
                "the answer has the header X-Cpa-Trace-Id",
                found,
            );
        }
        if is_answered {
            let record = usage_record(probe, request_id).await;
            let expected = format!(
                "the usage queue has a record with the request's id in x_forwarded_for, {} input and {} output tokens",
                TOKENS.input, TOKENS.output
            );
            report.note(&format!("{name}: usage"), &expected, record);
        }
    }
    let unknown = unknown_model(probe).await;
    report.note(
        "unknown model",
        "status 400 with the error code model_not_found",
        unknown,
    );
}

fn exchanges() -> [Exchange; 5] {
    let [chat, messages, responses, gemini] = PROBE_MODELS;
    let prompt = json!([{"role": "user", "content": "hello"}]);
    [
        Exchange {
            name: "chat completion",
            path: "/v1/chat/completions".to_owned(),
            body: json!({"model": chat, "messages": prompt}),
            end: "\"finish_reason\"",
        },
        Exchange {
            name: "streamed chat completion",
            path: "/v1/chat/completions".to_owned(),
            body: json!({"model": chat, "messages": prompt, "stream": true}),
            end: "data: [DONE]",
        },
        Exchange {
            name: "streamed message",
            path: "/v1/messages".to_owned(),
            body: json!({"model": messages, "max_tokens": 9, "messages": prompt, "stream": true}),
            end: "event: message_stop",
        },
        Exchange {
            name: "streamed response",
            path: "/v1/responses".to_owned(),
            body: json!({"model": responses, "input": "hello", "stream": true}),
            end: "event: response.completed",
        },
        Exchange {
            name: "streamed Gemini content",
            path: format!("/v1beta/models/{gemini}:streamGenerateContent?alt=sse"),
            body: json!({"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}),
            end: "\"usageMetadata\"",
        },
    ]
}

/// The text of the answer, and its header with the engine's id.
async fn ask(
    probe: &Probe<'_>,
    exchange: &Exchange,
    request_id: Uuid,
) -> Result<(String, Option<String>), String> {
    let request = probe.request(Method::POST, &exchange.path);
    let request = request.header("x-forwarded-for", request_id.to_string());
    let answer = send(request.json(&exchange.body)).await?;
    let id = header(&answer, "x-cpa-trace-id");
    let text = text(answer).await?;
    if !text.contains(exchange.end) {
        return Err(format!("no {} in: {text}", exchange.end));
    }
    if !TEXT.iter().all(|piece| text.contains(piece)) {
        return Err(format!("the text is missing in: {text}"));
    }
    Ok((text, id))
}

fn header(answer: &Response, name: &str) -> Option<String> {
    Some(answer.headers().get(name)?.to_str().ok()?.to_owned())
}

fn summary(text: &str) -> String {
    format!("status 200, {} bytes", text.len())
}

/// The record of a request, with every member that this server reads.
async fn usage_record(probe: &Probe<'_>, request_id: Uuid) -> Result<String, String> {
    let id = request_id.to_string();
    let record = probe
        .eventually(async || {
            let records = probe.managed("usage-queue?count=100").await?;
            let records = records.as_array().ok_or("the usage queue is no list")?;
            let record = records
                .iter()
                .find(|record| record["x_forwarded_for"] == id.as_str());
            record
                .map(ToString::to_string)
                .ok_or_else(|| format!("{} other records", records.len()))
        })
        .await?;
    let record: Value = serde_json::from_str(&record).map_err(|error| error.to_string())?;
    let missing = missing_members(&example(), &record);
    if !missing.is_empty() {
        return Err(format!("missing in the record: {}", missing.join(", ")));
    }
    let breakdown = &record["token_breakdown"];
    let counted = breakdown["quality"] == "complete"
        && breakdown["input"]["total_tokens"] == TOKENS.prompt()
        && breakdown["output"]["total_tokens"] == TOKENS.completion();
    when(counted, format!("token_breakdown: {breakdown}"))
}

/// The members that this server reads.
fn example() -> Value {
    json!({
        "x_forwarded_for": "", "auth_index": "", "provider": "", "failed": false,
        "fail": {"status_code": 200, "body": ""},
        "token_breakdown": {
            "quality": "complete",
            "input": {"uncached_tokens": 1, "cache_read_tokens": 1, "cache_write_tokens": 1},
            "output": {"non_reasoning_tokens": 1, "reasoning_tokens": 1},
        },
    })
}

async fn unknown_model(probe: &Probe<'_>) -> Result<String, String> {
    let body =
        json!({"model": "an-unknown-model", "messages": [{"role": "user", "content": "hello"}]});
    let request = probe
        .request(Method::POST, "/v1/chat/completions")
        .json(&body);
    let answer = send(request).await?;
    let status = answer.status().as_u16();
    let body: Value = match json(answer).await {
        Ok(body) => return Err(format!("status {status}: {body}")),
        Err(found) => {
            let start = found.find('{').unwrap_or(found.len());
            serde_json::from_str(&found[start..]).map_err(|_| found.clone())?
        }
    };
    let code = body["error"]["code"].as_str().unwrap_or("none");
    when(
        status == 400 && code == "model_not_found",
        format!("status {status}, code {code}"),
    )
}
