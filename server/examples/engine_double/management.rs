//! The little of the management API that we use.

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::config::Live;

/// How many records to take.
#[derive(Deserialize)]
pub(crate) struct Count {
    count: Option<usize>,
}

/// The configuration, secrets and all; some keys are never shown, and empty lists are null.
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

/// Takes records off the queue, oldest first, for good.
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
    let directory = live.config.load().document["auth-dir"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let entries = std::fs::read_dir(&directory)
        .into_iter()
        .flatten()
        .flatten();
    let files: Vec<_> = entries
        .filter_map(|entry| auth_file(&entry.path()))
        .collect();
    Json(json!({"files": files}))
}

fn auth_file(path: &std::path::Path) -> Option<Value> {
    let name = path.file_name()?.to_str()?;
    path.extension().filter(|extension| *extension == "json")?;
    let content: Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    let kind = content["type"].as_str()?.to_lowercase();
    let index = Sha256::digest(format!("{kind}:{}", path.display()));
    Some(json!({
        "id": name, "name": name, "type": kind, "provider": kind, "source": "file", "status": "active",
        "auth_index": hex::encode(&index[..8]), "disabled": content["disabled"].as_bool().unwrap_or(false),
        "path": path, "email": content["email"], "label": content["email"], "account_type": "oauth",
    }))
}
