//! `{"error":{code,message,status}}`, the format of Google's APIs, with the reason and the time of a retry among the details.

use serde_json::{Value, json};

use super::{ErrorReport, answer::seconds};

/// Also the data of a chunk that reports an error.
pub(super) fn body(report: &ErrorReport<'_>) -> Value {
    let mut details = vec![json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": report.error.code(),
        "domain": "proxypal",
    })];
    // Tools of this dialect read no header: up to five minutes they wait for this long, beyond that they stop and show the message.
    if let Some(wait) = &report.answer.wait {
        details.push(json!({
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": format!("{}s", seconds(wait)),
        }));
    }
    json!({
        "error": {
            "code": report.answer.status.as_u16(),
            "message": report.error.to_string(),
            "status": report.answer.kind,
            "details": details,
        },
    })
}
