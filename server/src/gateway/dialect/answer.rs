//! The answer to each class of error, by dialect: whether tools wait, stop, and show our message. `docs/agents.md` has the effect
//! on each agent.

use std::time::Duration;

use http::StatusCode;

use super::{
    Dialect, ErrorRecipient,
    class::{ErrorClass, LONGEST_WAIT},
};

/// An answer without its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ErrorAnswer {
    pub(super) class: ErrorClass,
    pub(super) status: StatusCode,
    /// The type of the error in the body, as the dialect names it.
    pub(super) kind: &'static str,
    /// When a retry may succeed.
    pub(super) wait: Option<Duration>,
    /// For `Retry-After`, in seconds.
    pub(super) retry_after: Option<u64>,
    /// Whether a retry cannot succeed although the status suggests it.
    pub(super) is_final: bool,
}

impl ErrorRecipient {
    pub(super) fn answer(self, class: ErrorClass) -> ErrorAnswer {
        let status = self.status_of(class);
        let wait = match class {
            ErrorClass::UsedUp { .. } if status == StatusCode::PAYMENT_REQUIRED => None,
            ErrorClass::UsedUp { resets_in } => resets_in,
            ErrorClass::Rate { retry_after } | ErrorClass::Unavailable { retry_after, .. } => {
                Some(retry_after)
            }
            ErrorClass::Key | ErrorClass::NotAllowed | ErrorClass::Request { .. } => None,
        };
        // Some tools stop if they would have to wait for longer.
        let bounded = wait.map(|wait| match class {
            ErrorClass::UsedUp { .. } => wait,
            ErrorClass::Key
            | ErrorClass::Rate { .. }
            | ErrorClass::Unavailable { .. }
            | ErrorClass::NotAllowed
            | ErrorClass::Request { .. } => wait.min(LONGEST_WAIT),
        });
        ErrorAnswer {
            class,
            status,
            kind: self.kind_of(class, status),
            wait,
            retry_after: bounded.as_ref().map(seconds),
            is_final: matches!(class, ErrorClass::Key | ErrorClass::UsedUp { .. }),
        }
    }

    fn status_of(self, class: ErrorClass) -> StatusCode {
        match class {
            ErrorClass::Key => StatusCode::UNAUTHORIZED,
            // Tools that wait at every 429, however long, stop at 402 and show the message.
            ErrorClass::UsedUp { .. } if self.waits_at_429 => StatusCode::PAYMENT_REQUIRED,
            // Gemini tools retry a 429 that does not give the time of the reset.
            ErrorClass::UsedUp { resets_in: None } if self.dialect == Dialect::Gemini => {
                StatusCode::PAYMENT_REQUIRED
            }
            ErrorClass::UsedUp { .. } | ErrorClass::Rate { .. } => StatusCode::TOO_MANY_REQUESTS,
            // Codex retries a 403, and shows the message of a 400.
            ErrorClass::NotAllowed if self.dialect == Dialect::Responses => StatusCode::BAD_REQUEST,
            ErrorClass::NotAllowed => StatusCode::FORBIDDEN,
            ErrorClass::Unavailable { status, .. } | ErrorClass::Request { status } => status,
        }
    }

    fn kind_of(self, class: ErrorClass, status: StatusCode) -> &'static str {
        match self.dialect {
            Dialect::OpenAi => openai(class),
            Dialect::Responses => responses(class),
            Dialect::Anthropic => anthropic(class, status),
            Dialect::Gemini => gemini(class, status),
        }
    }
}

fn openai(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Key => "authentication_error",
        ErrorClass::UsedUp { .. } => "insufficient_quota",
        ErrorClass::Rate { .. } => "rate_limit_error",
        ErrorClass::Unavailable { .. } => "server_error",
        ErrorClass::NotAllowed => "permission_error",
        ErrorClass::Request { .. } => "invalid_request_error",
    }
}

fn responses(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::UsedUp { .. } => "usage_limit_reached",
        ErrorClass::Rate { .. } => "rate_limit_exceeded",
        ErrorClass::NotAllowed => "invalid_request_error",
        ErrorClass::Key | ErrorClass::Unavailable { .. } | ErrorClass::Request { .. } => {
            openai(class)
        }
    }
}

fn anthropic(class: ErrorClass, status: StatusCode) -> &'static str {
    match class {
        ErrorClass::Key => "authentication_error",
        ErrorClass::UsedUp { .. } => "billing_error",
        ErrorClass::Rate { .. } => "rate_limit_error",
        ErrorClass::NotAllowed => "permission_error",
        ErrorClass::Unavailable { .. } | ErrorClass::Request { .. } => match status {
            StatusCode::SERVICE_UNAVAILABLE => "overloaded_error",
            StatusCode::NOT_FOUND => "not_found_error",
            StatusCode::PAYLOAD_TOO_LARGE => "request_too_large",
            status if status.is_server_error() => "api_error",
            _ => "invalid_request_error",
        },
    }
}

fn gemini(class: ErrorClass, status: StatusCode) -> &'static str {
    match class {
        ErrorClass::Key => "UNAUTHENTICATED",
        ErrorClass::UsedUp { .. } | ErrorClass::Rate { .. } => "RESOURCE_EXHAUSTED",
        ErrorClass::NotAllowed => "PERMISSION_DENIED",
        ErrorClass::Unavailable { .. } | ErrorClass::Request { .. } => match status {
            StatusCode::NOT_FOUND => "NOT_FOUND",
            StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT => "DEADLINE_EXCEEDED",
            status if status.is_server_error() => "UNAVAILABLE",
            _ => "INVALID_ARGUMENT",
        },
    }
}

/// Whole seconds, rounded up, at least one: no tool reads fractions or dates.
pub(super) fn seconds(duration: &Duration) -> u64 {
    duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0))
        .max(1)
}
