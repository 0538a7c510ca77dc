//! Removes the models that the caller may not use from lists of models. These are the only answers that are parsed and written
//! again, and only for callers who may not use every model.

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

/// The longest list that is filtered, in bytes.
const MAX_LIST: usize = 8 * 1024 * 1024;

/// A list that cannot be parsed becomes an empty object.
pub(super) async fn filtered(
    mut head: Head,
    body: UpstreamBody,
    may_use: impl Fn(&str) -> bool,
    mut receipt: Receipt,
) -> Response<Body> {
    let read = Limited::new(body, MAX_LIST).collect().await;
    let list = read
        .ok()
        .and_then(|read| serde_json::from_slice(&read.to_bytes()).ok());
    head.headers.remove(CONTENT_LENGTH);
    head.headers.remove(ETAG);
    let Some(mut list) = list else {
        receipt.end(RequestEnd::Failed("model_list_unreadable"));
        return Response::from_parts(head, Body::from("{}"));
    };
    retain_allowed(&mut list, may_use);
    receipt.first_byte();
    if let Some(written) = receipt.finish(RequestEnd::Whole) {
        written.await;
    }
    Response::from_parts(head, Body::from(list.to_string()))
}

/// `OpenAI` and Anthropic list under `data` by `id`, Gemini and Codex under `models` by `name` or `slug`.
fn retain_allowed(list: &mut Value, may_use: impl Fn(&str) -> bool) {
    for key in ["data", "models"] {
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
