//! Joins the lists of models of several engines, and removes the models that the caller may not use. These are the only answers
//! that are parsed and written again: for callers who may not use every model, and if accounts have engines of their own.

use std::collections::HashSet;

use axum::{
    body::Body,
    http::{
        Response,
        header::{CONTENT_LENGTH, ETAG},
        response::Parts as Head,
    },
};
use http_body_util::{BodyExt as _, Limited};
use serde_json::Value;

use crate::gateway::{
    forward::UpstreamBody,
    meter::{Receipt, RequestEnd},
};

/// Where lists are in the answers of the protocols.
const KEYS: [&str; 2] = ["data", "models"];
/// The longest list that is filtered, in bytes.
const MAX_LIST: usize = 8 * 1024 * 1024;

/// `None` if it cannot be parsed.
pub(super) async fn read(body: UpstreamBody) -> Option<Value> {
    let read = Limited::new(body, MAX_LIST).collect().await;
    serde_json::from_slice(&read.ok()?.to_bytes()).ok()
}

/// A list that cannot be parsed becomes an empty object.
pub(super) async fn filtered(
    (mut head, body): (Head, UpstreamBody),
    others: Vec<Value>,
    may_use: impl Fn(&str) -> bool,
    mut receipt: Receipt,
) -> Response<Body> {
    let list = read(body).await;
    head.headers.remove(CONTENT_LENGTH);
    head.headers.remove(ETAG);
    let Some(mut list) = list else {
        receipt.end(RequestEnd::Failed("model_list_unreadable"));
        return Response::from_parts(head, Body::from("{}"));
    };
    for other in others {
        add(&mut list, other);
    }
    retain_allowed(&mut list, may_use);
    receipt.first_byte();
    if let Some(written) = receipt.finish(RequestEnd::Whole) {
        written.await;
    }
    Response::from_parts(head, Body::from(list.to_string()))
}

/// Adds the models that the list lacks.
fn add(list: &mut Value, mut other: Value) {
    for key in KEYS {
        let (Some(Value::Array(models)), Some(Value::Array(others))) =
            (list.get_mut(key), other.get_mut(key))
        else {
            continue;
        };
        let known: HashSet<_> = models
            .iter()
            .filter_map(name_of)
            .map(str::to_owned)
            .collect();
        let is_new = |model: &Value| name_of(model).is_some_and(|name| !known.contains(name));
        models.extend(others.drain(..).filter(is_new));
    }
}

/// `OpenAI` and Anthropic list under `data` by `id`, Gemini and Codex under `models` by `name` or `slug`.
fn retain_allowed(list: &mut Value, may_use: impl Fn(&str) -> bool) {
    for key in KEYS {
        if let Some(Value::Array(models)) = list.get_mut(key) {
            models.retain(|model| name_of(model).is_some_and(&may_use));
        }
    }
    let ids = [("first_id", 0), ("last_id", usize::MAX)];
    for (field, at) in ids {
        if list.get(field).is_none() {
            continue;
        }
        let models = list.get("data").and_then(Value::as_array);
        let id = models.and_then(|models| models.get(at.min(models.len().saturating_sub(1))));
        let id = id
            .and_then(|model| model.get("id"))
            .cloned()
            .unwrap_or(Value::Null);
        list[field] = id;
    }
}

fn name_of(model: &Value) -> Option<&str> {
    let name = ["id", "name", "slug"]
        .iter()
        .find_map(|key| model.get(key)?.as_str())?;
    Some(name.strip_prefix("models/").unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_of_several_engines_are_joined_in_each_format() {
        let mut openai = json!({"object": "list", "data": [{"id": "a"}, {"id": "b"}]});
        add(&mut openai, json!({"data": [{"id": "b"}, {"id": "c"}]}));
        add(&mut openai, json!({"error": "none"}));
        assert_eq!(
            openai["data"],
            json!([{"id": "a"}, {"id": "b"}, {"id": "c"}])
        );

        let mut anthropic = json!({"data": [], "first_id": null, "last_id": null});
        add(&mut anthropic, json!({"data": [{"id": "x"}, {"id": "y"}]}));
        retain_allowed(&mut anthropic, |name| name != "x");
        assert_eq!(anthropic["first_id"], "y");

        let mut gemini = json!({"models": [{"name": "models/a"}]});
        add(
            &mut gemini,
            json!({"models": [{"name": "models/a"}, {"name": "models/z"}]}),
        );
        assert_eq!(gemini["models"][1]["name"], "models/z");
    }
}
