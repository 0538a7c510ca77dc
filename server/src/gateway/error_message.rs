//! The messages of errors for the record of a request.

use crate::{domain::settings::Settings, engine::EngineHandle, redaction};

/// Cleans messages, unless the settings disable keeping them.
#[derive(Debug)]
pub(super) struct ErrorMessages {
    pub(super) settings: Settings,
    pub(super) engine: EngineHandle,
}

impl ErrorMessages {
    /// The message without secrets, as one line; `None` if none is to be kept.
    pub(super) fn kept(&self, message: &str) -> Option<String> {
        let is_kept = self.settings.current().gateway.keep_error_messages;
        is_kept
            .then(|| redaction::error_message(&self.engine.logs().redacted(message)))
            .flatten()
    }
}
