//! The part of the management API that the server uses.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::Live;

/// The number of records to take.
#[derive(Deserialize)]
pub(crate) struct Count {
    count: Option<usize>,
}

/// The configuration with its secrets. Some keys are omitted, and empty lists are null.
pub(crate) async fn config(State(live): State<Arc<Live>>) -> Json<Value> {
    let mut document = live.config.load().document.clone();
    if let Value::Object(fields) = &mut document {
        for hidden in ["host", "port", "auth-dir", "remote-management"] {
            fields.remove(hidden);
        }
        for value in fields.values_mut() {
            if value.as_array().is_some_and(Vec::is_empty) {
                *value = Value::Null;
            }
        }
    }
    Json(document)
}

/// Removes records from the queue, oldest first.
pub(crate) async fn usage_queue(
    State(live): State<Arc<Live>>,
    Query(query): Query<Count>,
) -> Json<Vec<Value>> {
    let mut queue = live.queue.lock().unwrap_or_else(PoisonError::into_inner);
    let count = query.count.unwrap_or(1).min(queue.len());
    Json(queue.drain(..count).collect())
}

/// The files of signed-in accounts.
pub(crate) async fn auth_files(State(live): State<Arc<Live>>) -> Json<Value> {
    Json(json!({"files": crate::auth_files::list(&live)}))
}

/// Ends the cooldown of a credential.
pub(crate) async fn reset_quota(
    State(live): State<Arc<Live>>,
    Json(body): Json<Value>,
) -> Response {
    let index = body["auth_index"].as_str().unwrap_or_default();
    let is_key = live
        .config
        .load()
        .credentials
        .iter()
        .any(|credential| credential.auth_index == index);
    let mut refused = live.refused.lock().unwrap_or_else(PoisonError::into_inner);
    refused.remove(index);
    drop(refused);
    if crate::auth_files::warm_up(&live, index) || is_key {
        return Json(json!({"status": "ok", "auth_index": index, "models": []})).into_response();
    }
    let refusal = Json(json!({"error": "auth not found"}));
    (StatusCode::NOT_FOUND, refusal).into_response()
}

/// A request to any URL with a credential's token.
#[derive(Deserialize)]
pub(crate) struct Call {
    auth_index: Option<String>,
    method: String,
    url: String,
    #[serde(default)]
    header: HashMap<String, String>,
    #[serde(default)]
    data: String,
}

/// Sends the request and returns its response. The placeholder of the token is replaced only if the credential is known.
pub(crate) async fn call(State(live): State<Arc<Live>>, Json(call): Json<Call>) -> Response {
    let index = call.auth_index.unwrap_or_default();
    let token = crate::auth_files::token(&live, &index);
    let client = reqwest::Client::builder().no_proxy().build();
    let method = call.method.parse().unwrap_or_default();
    let Ok(mut request) = client.map(|client| client.request(method, call.url)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    for (name, value) in call.header {
        let value = match &token {
            Some(token) => value.replace("$TOKEN$", token),
            None => value,
        };
        request = request.header(name, value);
    }
    if !call.data.is_empty() {
        request = request.body(call.data);
    }
    let Ok(answer) = request.send().await else {
        let refusal = Json(json!({"error": "request failed"}));
        return (StatusCode::BAD_GATEWAY, refusal).into_response();
    };
    let status = answer.status().as_u16();
    let body = answer.text().await.unwrap_or_default();
    Json(json!({"status_code": status, "header": {}, "body": body})).into_response()
}

/// The models of a provider's API.
pub(crate) async fn definitions(
    State(live): State<Arc<Live>>,
    Path(channel): Path<String>,
) -> Response {
    if let Some(model) = crate::config::known(&channel) {
        let catalogue = live.catalogue.load();
        let refreshed = catalogue.get(&channel).into_iter().flatten();
        let names = std::iter::once(model).chain(refreshed.map(String::as_str));
        let models: Vec<_> = names.map(|id| json!({"id": id})).collect();
        return Json(json!({"channel": channel, "models": models})).into_response();
    }
    let refusal = json!({"error": "unknown channel", "channel": channel});
    (StatusCode::BAD_REQUEST, Json(refusal)).into_response()
}
