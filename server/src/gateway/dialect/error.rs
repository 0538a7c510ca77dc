//! The errors of the gateway itself.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use entity::request_failure::RejectedBy;

use crate::domain::{
    ledger::{LimitKind, RateLimitStatus},
    users::api_keys::KeyProblem,
};

use super::answer::seconds;

/// Why the gateway refuses a request or ends it. The message is for the caller: cause, then remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::gateway) enum GatewayError {
    #[error(
        "ProxyPal does not know this API key. Check the key, or ask your administrator for one."
    )]
    UnknownKey,
    /// Only a caller who has the secret of the key sees this.
    #[error("ProxyPal: {}", problem_of_key(.0))]
    KeyProblem(KeyProblem),
    #[error(
        "ProxyPal: this API key may not use the model \"{model}\". GET /v1/models lists those it may use."
    )]
    ModelNotAllowed {
        /// As the caller named it.
        model: String,
    },
    #[error(
        "ProxyPal: no account that this API key may use can serve the request. Ask your administrator to permit an account group that can."
    )]
    AccountNotAllowed,
    #[error("ProxyPal: the request names no model. Set \"model\" in the request body.")]
    ModelRequired,
    #[error(
        "ProxyPal: the body can be read in two ways. Send one well-formed JSON object that names each member once, and \"model\" as a string."
    )]
    ModelAmbiguous,
    #[error(
        "ProxyPal: the request body is larger than {limit} bytes. Send less, or ask your administrator to raise the limit."
    )]
    BodyTooLarge {
        /// Bytes.
        limit: u64,
    },
    #[error(
        "ProxyPal: \"{model}\" names no model: the engine would choose one. Name a model; GET /v1/models lists those you may use."
    )]
    ModelUnspecific {
        /// As the caller named it.
        model: String,
    },
    #[error(
        "ProxyPal: this content encoding is not supported here. Send the body uncompressed; the OpenAI endpoints also accept JSON in zstd."
    )]
    UnsupportedEncoding,
    #[error("ProxyPal: the query parameter alt may be sse or json. Remove it, or set one of them.")]
    UnsupportedQuery,
    #[error(
        "ProxyPal: the compressed body could not be read. Send whole zstd frames without a dictionary, with a window of at most 8 MiB."
    )]
    BodyUnreadable,
    #[error(
        "ProxyPal: the headers can be read in two ways. Send Content-Type, Content-Encoding and Content-Length once, no Content-Length beside Transfer-Encoding, and name none of them, nor credentials, in Connection."
    )]
    HeadersAmbiguous,
    #[error(
        "ProxyPal: the request body arrived too slowly. Check the network between you and the server, and try again."
    )]
    BodyTooSlow,
    #[error(
        "ProxyPal serves nothing at this address. Check the path and the base URL of your tool: {base_url}/v1 for OpenAI-compatible tools, {base_url} for Anthropic and Gemini tools."
    )]
    NotFound {
        /// Without a slash at the end.
        base_url: Arc<str>,
    },
    #[error("ProxyPal does not pass this address on. Use another endpoint.")]
    Blocked,
    #[error("ProxyPal: the rate limit is reached ({limit}). Try again in {} seconds.", seconds(.retry_after))]
    RateLimited {
        kind: LimitKind,
        /// Until a request of this kind may succeed.
        retry_after: Duration,
        /// The limit, for people.
        limit: String,
        /// The caller's requests per minute.
        rate_limits: Option<RateLimitStatus>,
        /// The limit, for the record; `None` if it is none of the user or key.
        rejected_by: Option<Box<RejectedBy>>,
    },
    #[error("ProxyPal: the quota is used up ({limit}). {}", quota_remedy(*.retry_after))]
    QuotaExceeded {
        kind: LimitKind,
        /// Until the quota resets, if it does.
        retry_after: Option<Duration>,
        /// The quota, for people.
        limit: String,
        /// The quota, for the record.
        rejected_by: Option<Box<RejectedBy>>,
    },
    #[error("ProxyPal: {share}. A request is likely to be admitted in {} seconds.", seconds(.retry_after))]
    ShareUsed {
        /// Until a request is likely to be admitted.
        retry_after: Duration,
        /// The share and what was used of it, for people.
        share: String,
    },
    #[error(
        "ProxyPal: this request cannot be bounded, and the quota is strict ({quota}). {remedy}, or ask your administrator for a quota that is not strict."
    )]
    Unbounded {
        kind: LimitKind,
        /// The quota, for people.
        quota: String,
        /// A clause that the message continues.
        remedy: &'static str,
        /// The quota, for the record.
        rejected_by: Option<Box<RejectedBy>>,
    },
    #[error(
        "ProxyPal: {} has no price, and the quota refuses models without one ({quota}). Ask for a model that has a price, or ask your administrator to set the price of this one.", unpriced_model(model.as_deref())
    )]
    Unpriced {
        kind: LimitKind,
        /// As the caller named it; `None` if the request names none.
        model: Option<String>,
        /// The quota, for people.
        quota: String,
        /// The quota, for the record.
        rejected_by: Option<Box<RejectedBy>>,
    },
    #[error(
        "ProxyPal: the accounts that have this model are stopped, because the limit that your administrator has set for the window {window} is reached. It resets at {resets_at}."
    )]
    AccountsStopped {
        /// Until the first account is used again.
        retry_after: Duration,
        /// The window that resets first.
        window: String,
        resets_at: String,
    },
    #[error("ProxyPal: the provider has refused requests of every account that has this model. Try again in {} seconds.", seconds(.retry_after))]
    AccountsRefused {
        /// Until the first account is used again.
        retry_after: Duration,
    },
    #[error("ProxyPal: the accounts that have this model serve as many requests as they may at a time. Try again in {} seconds.", seconds(.retry_after))]
    AccountsBusy {
        /// Until a retry may succeed.
        retry_after: Duration,
    },
    #[error(
        "ProxyPal: this socket is connected to accounts that do not have the model. Open another socket."
    )]
    SocketElsewhere,
    #[error("ProxyPal: the engine is not running. It is being restarted; try again in {} seconds.", seconds(.retry_after))]
    EngineUnavailable {
        /// Until a retry may succeed.
        retry_after: Duration,
    },
    #[error("ProxyPal: the engine broke the connection before its answer was complete. Try again.")]
    EngineFailed,
    #[error(
        "ProxyPal: the provider did not begin its answer in time. Try again, or send a smaller request."
    )]
    EngineTooSlow,
    #[error("ProxyPal is handling too many requests. Try again in {} seconds.", seconds(.retry_after))]
    Overloaded {
        /// Until a retry may succeed.
        retry_after: Duration,
    },
}

impl GatewayError {
    /// `None` if there is no such key.
    pub(in crate::gateway) fn of_key(problem: Option<KeyProblem>) -> Self {
        problem.map_or(Self::UnknownKey, Self::KeyProblem)
    }

    /// Stable: for clients that parse it, for the record and for metrics.
    pub(in crate::gateway) fn code(&self) -> &'static str {
        match self {
            Self::UnknownKey => "proxypal_unknown_key",
            Self::KeyProblem(problem) => code_of_key(problem),
            Self::ModelNotAllowed { .. } => "proxypal_model_not_allowed",
            Self::AccountNotAllowed => "proxypal_account_not_allowed",
            Self::ModelRequired => "proxypal_model_required",
            Self::ModelAmbiguous => "proxypal_model_ambiguous",
            Self::ModelUnspecific { .. } => "proxypal_model_unspecific",
            Self::HeadersAmbiguous => "proxypal_headers_ambiguous",
            Self::UnsupportedQuery => "proxypal_unsupported_query",
            Self::UnsupportedEncoding => "proxypal_unsupported_encoding",
            Self::BodyUnreadable => "proxypal_body_unreadable",
            Self::BodyTooLarge { .. } => "proxypal_body_too_large",
            Self::BodyTooSlow => "proxypal_body_too_slow",
            Self::NotFound { .. } => "proxypal_not_found",
            Self::Blocked => "proxypal_blocked",
            Self::RateLimited { .. } => "proxypal_rate_limited",
            Self::QuotaExceeded { .. } => "proxypal_quota_exceeded",
            Self::ShareUsed { .. } => "proxypal_share_used",
            Self::Unbounded { .. } => "proxypal_unbounded",
            Self::Unpriced { .. } => "proxypal_unpriced",
            Self::AccountsStopped { .. } => "proxypal_account_stopped",
            Self::AccountsRefused { .. } => "proxypal_account_refused",
            Self::AccountsBusy { .. } => "proxypal_account_busy",
            Self::SocketElsewhere => "proxypal_socket_elsewhere",
            Self::EngineUnavailable { .. } => "proxypal_engine_unavailable",
            Self::EngineFailed => "proxypal_engine_failed",
            Self::EngineTooSlow => "proxypal_engine_too_slow",
            Self::Overloaded { .. } => "proxypal_overloaded",
        }
    }

    /// The caller's requests per minute, if they are exceeded.
    pub(in crate::gateway) fn rate_limits(&self) -> Option<RateLimitStatus> {
        let Self::RateLimited { rate_limits, .. } = self else {
            return None;
        };
        *rate_limits
    }

    /// The kind of the limit that is exceeded, if one is.
    pub(in crate::gateway) fn limit(&self) -> Option<LimitKind> {
        match self {
            Self::RateLimited { kind, .. }
            | Self::QuotaExceeded { kind, .. }
            | Self::Unbounded { kind, .. }
            | Self::Unpriced { kind, .. } => Some(*kind),
            Self::UnknownKey
            | Self::ShareUsed { .. }
            | Self::KeyProblem(_)
            | Self::ModelNotAllowed { .. }
            | Self::AccountNotAllowed
            | Self::ModelRequired
            | Self::ModelAmbiguous
            | Self::ModelUnspecific { .. }
            | Self::HeadersAmbiguous
            | Self::UnsupportedEncoding
            | Self::UnsupportedQuery
            | Self::BodyUnreadable
            | Self::BodyTooLarge { .. }
            | Self::BodyTooSlow
            | Self::NotFound { .. }
            | Self::Blocked
            | Self::AccountsStopped { .. }
            | Self::AccountsRefused { .. }
            | Self::AccountsBusy { .. }
            | Self::SocketElsewhere
            | Self::EngineUnavailable { .. }
            | Self::EngineFailed
            | Self::EngineTooSlow
            | Self::Overloaded { .. } => None,
        }
    }

    /// The limit that is exceeded, if one is.
    pub(in crate::gateway) fn rejected_by(&self) -> Option<&RejectedBy> {
        let (Self::RateLimited { rejected_by, .. }
        | Self::QuotaExceeded { rejected_by, .. }
        | Self::Unbounded { rejected_by, .. }
        | Self::Unpriced { rejected_by, .. }) = self
        else {
            return None;
        };
        rejected_by.as_deref()
    }

    /// Cause and remedy without the full stop, for a tool that continues the sentence.
    pub(super) fn as_clause(&self) -> String {
        if let Self::QuotaExceeded { limit, .. } = self {
            return format!(
                "ProxyPal: the quota is used up ({limit}); ask your administrator to raise it"
            );
        }
        let mut text = self.to_string();
        text.truncate(text.trim_end_matches('.').len());
        text
    }
}

fn code_of_key(problem: &KeyProblem) -> &'static str {
    match problem {
        KeyProblem::Revoked(_) => "proxypal_revoked",
        KeyProblem::Replaced(_) => "proxypal_key_replaced",
        KeyProblem::Expired(_) => "proxypal_key_expired",
        KeyProblem::Idle(_) => "proxypal_key_idle",
        KeyProblem::WrongNetwork(_) => "proxypal_wrong_network",
        KeyProblem::WrongClient => "proxypal_wrong_client",
        KeyProblem::SignInRevoked(_) => "proxypal_sign_in_revoked",
        KeyProblem::SignInExpired(_) => "proxypal_sign_in_expired",
        KeyProblem::UserDisabled => "proxypal_user_disabled",
        KeyProblem::UserArchived => "proxypal_user_archived",
    }
}

fn unpriced_model(name: Option<&str>) -> String {
    name.map_or_else(
        || "the request, which names no model,".to_owned(),
        |name| format!("the model \"{name}\""),
    )
}

/// Cause, then remedy.
fn problem_of_key(problem: &KeyProblem) -> String {
    let day = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    match problem {
        KeyProblem::Revoked(at) => format!(
            "this API key was revoked at {}. Ask your administrator for a new key.",
            day(at)
        ),
        KeyProblem::Replaced(at) => format!(
            "this API key was replaced by a new one and ended at {}. Use the new key, or ask your administrator for it.",
            day(at)
        ),
        KeyProblem::Expired(at) => format!(
            "this API key expired at {}. Ask your administrator for a new key.",
            day(at)
        ),
        KeyProblem::Idle(at) => format!(
            "this API key was not used for too long and ended at {}. Ask your administrator for a new key.",
            day(at)
        ),
        KeyProblem::WrongNetwork(Some(address)) => format!(
            "this API key may not be used from {address}. Use it from a network that it is for, or ask your administrator to allow this one."
        ),
        KeyProblem::WrongNetwork(None) => {
            "this API key may be used from some networks only, and your address is unknown. Ask your administrator to check the server's proxies."
                .to_owned()
        }
        KeyProblem::WrongClient => {
            "this API key may not be used with this client. Use a client that it is for, or ask your administrator to allow this one."
                .to_owned()
        }
        KeyProblem::SignInRevoked(at) => {
            format!("this sign-in was revoked at {}. Sign in again.", day(at))
        }
        KeyProblem::SignInExpired(at) => {
            format!("this access token expired at {}. Sign in again.", day(at))
        }
        KeyProblem::UserDisabled => {
            "the user of this API key is disabled. Ask your administrator to enable the user."
                .to_owned()
        }
        KeyProblem::UserArchived => {
            "the user of this API key was archived. Ask your administrator for a new key."
                .to_owned()
        }
    }
}

fn quota_remedy(retry_after: Option<Duration>) -> &'static str {
    match retry_after {
        Some(_) => "Wait until it resets, or ask your administrator to raise it.",
        None => "It does not reset: ask your administrator to raise it.",
    }
}
