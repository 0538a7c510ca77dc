//! `POST /v1/completions`.

use serde_json::{Value, json};

use crate::{
    Answer,
    openai::{finish_reason, usage},
    sse,
};

/// The body of an answer that is not streamed.
pub fn whole(answer: &Answer) -> Value {
    let choices = choices(&answer.text(), Some(finish_reason(answer.finish)));
    chunk(answer, &choices, &usage(answer.tokens))
}

/// The events of a stream; the last chunk has the usage.
pub fn events(answer: &Answer) -> Vec<String> {
    let words = answer
        .pieces
        .iter()
        .map(|piece| chunk(answer, &choices(piece, None), &Value::Null));
    let end = choices("", Some(finish_reason(answer.finish)));
    let end = chunk(answer, &end, &Value::Null);
    let usage = chunk(answer, &json!([]), &usage(answer.tokens));
    words
        .chain([end, usage])
        .map(|chunk| sse::data(&chunk))
        .chain([sse::DONE.to_owned()])
        .collect()
}

fn choices(text: &str, finish_reason: Option<&str>) -> Value {
    json!([{"index": 0, "text": text, "logprobs": null, "finish_reason": finish_reason}])
}

fn chunk(answer: &Answer, choices: &Value, usage: &Value) -> Value {
    json!({
        "id": format!("cmpl-{}", answer.id), "object": "text_completion", "created": answer.created,
        "model": answer.model, "choices": choices, "usage": usage,
    })
}
