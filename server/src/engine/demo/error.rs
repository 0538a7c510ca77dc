//! Errors of the demo engine in the format of each protocol.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use canned::{anthropic, gemini, openai};
use http::StatusCode;
use serde_json::Value;

/// The error format of the caller's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DemoDialect {
    Openai,
    Anthropic,
    Gemini,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DemoError {
    UnknownModel(String),
    NotJson(String),
}

impl DemoError {
    /// The response in the format of the protocol.
    pub(super) fn answer(&self, dialect: DemoDialect) -> Response {
        (StatusCode::BAD_REQUEST, Json(self.body(dialect))).into_response()
    }

    /// The body of the response.
    pub(super) fn body(&self, dialect: DemoDialect) -> Value {
        let message = self.message();
        let (code, param) = match self {
            Self::UnknownModel(_) => ("model_not_found", Some("model")),
            Self::NotJson(_) => ("invalid_json", None),
        };
        match dialect {
            DemoDialect::Openai => openai::error(&message, "invalid_request_error", code, param),
            DemoDialect::Anthropic => anthropic::error(400, &message),
            DemoDialect::Gemini => gemini::error(400, &message),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::UnknownModel(model) => format!(
                "unknown provider for model {model}; the demo engine of ProxyPal Server knows {}",
                super::models::NAMES.join(", ")
            ),
            Self::NotJson(problem) => format!("the body is not JSON: {problem}"),
        }
    }
}
