//! What can go wrong at the gateway, before the provider has a say.

use std::time::Duration;

use http::StatusCode;

use crate::domain::ledger::{LimitKind, Pacing};

/// Why the gateway does not, or not any longer, let a request through. The message is for the caller:
/// cause, then cure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::gateway) enum Fault {
    #[error(
        "ProxyPal does not know this API key. Check the key, or ask your administrator for one."
    )]
    UnknownKey,
    #[error(
        "ProxyPal: this API key was revoked or its user disabled. Ask your administrator for a new key."
    )]
    Revoked,
    #[error(
        "ProxyPal: this API key may not use the model \"{model}\". GET /v1/models lists those it may use."
    )]
    ModelNotAllowed {
        /// As the caller named it.
        model: String,
    },
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
    #[error("ProxyPal serves nothing at this address. Check the base URL and the path.")]
    NotFound,
    #[error("ProxyPal does not pass this address on. Use another endpoint.")]
    Blocked,
    #[error("ProxyPal: the rate limit is reached ({limit}). Try again in {} seconds.", seconds(.retry_after))]
    RateLimited {
        kind: LimitKind,
        /// Until a request of this kind may pass.
        retry_after: Duration,
        /// Which limit, in words.
        limit: String,
        /// How the requests per minute stand.
        pacing: Option<Pacing>,
    },
    #[error(
        "ProxyPal: the quota is used up ({limit}). Wait until it starts again, or ask your administrator to raise it."
    )]
    QuotaExceeded {
        kind: LimitKind,
        /// Until the quota starts again, if it does.
        retry_after: Option<Duration>,
        /// Which quota, in words.
        limit: String,
    },
    #[error(
        "ProxyPal: this request cannot be bounded, and the quota is strict ({quota}). {cure}, or ask your administrator for a quota that is not strict."
    )]
    Unbounded {
        kind: LimitKind,
        /// Which quota, in words.
        quota: String,
        /// What the caller can do.
        cure: &'static str,
    },
    #[error("ProxyPal: the engine is not running. It is being restarted; try again in {} seconds.", seconds(.retry_after))]
    EngineUnavailable {
        /// Until it is worth trying again.
        retry_after: Duration,
    },
    #[error("ProxyPal: the engine broke the connection before its answer was complete. Try again.")]
    EngineFailed,
    #[error(
        "ProxyPal: the provider did not begin its answer in time. Try again, or ask for less at once."
    )]
    EngineTooSlow,
    #[error("ProxyPal is handling too many requests. Try again in {} seconds.", seconds(.retry_after))]
    Overloaded {
        /// Until it is worth trying again.
        retry_after: Duration,
    },
}

impl Fault {
    /// The HTTP status; it is also what the SDKs choose their error classes by.
    pub(in crate::gateway) fn status(&self) -> StatusCode {
        match self {
            Self::ModelRequired
            | Self::ModelAmbiguous
            | Self::ModelUnspecific { .. }
            | Self::HeadersAmbiguous
            | Self::UnsupportedQuery
            | Self::BodyUnreadable
            | Self::Unbounded { .. } => StatusCode::BAD_REQUEST,
            Self::UnsupportedEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::UnknownKey | Self::Revoked => StatusCode::UNAUTHORIZED,
            Self::ModelNotAllowed { .. } => StatusCode::FORBIDDEN,
            Self::NotFound | Self::Blocked => StatusCode::NOT_FOUND,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RateLimited { .. } | Self::QuotaExceeded { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::EngineFailed => StatusCode::BAD_GATEWAY,
            Self::EngineTooSlow => StatusCode::GATEWAY_TIMEOUT,
            Self::EngineUnavailable { .. } | Self::Overloaded { .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// Stable, for machines, and for the record of the request.
    pub(in crate::gateway) fn code(&self) -> &'static str {
        match self {
            Self::UnknownKey => "proxypal_unknown_key",
            Self::Revoked => "proxypal_revoked",
            Self::ModelNotAllowed { .. } => "proxypal_model_not_allowed",
            Self::ModelRequired => "proxypal_model_required",
            Self::ModelAmbiguous => "proxypal_model_ambiguous",
            Self::ModelUnspecific { .. } => "proxypal_model_unspecific",
            Self::HeadersAmbiguous => "proxypal_headers_ambiguous",
            Self::UnsupportedQuery => "proxypal_unsupported_query",
            Self::UnsupportedEncoding => "proxypal_unsupported_encoding",
            Self::BodyUnreadable => "proxypal_body_unreadable",
            Self::BodyTooLarge { .. } => "proxypal_body_too_large",
            Self::NotFound => "proxypal_not_found",
            Self::Blocked => "proxypal_blocked",
            Self::RateLimited { .. } => "proxypal_rate_limited",
            Self::QuotaExceeded { .. } => "proxypal_quota_exceeded",
            Self::Unbounded { .. } => "proxypal_unbounded",
            Self::EngineUnavailable { .. } => "proxypal_engine_unavailable",
            Self::EngineFailed => "proxypal_engine_failed",
            Self::EngineTooSlow => "proxypal_engine_too_slow",
            Self::Overloaded { .. } => "proxypal_overloaded",
        }
    }

    /// For `Retry-After`, in seconds, rounded up.
    pub(in crate::gateway) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after, .. }
            | Self::EngineUnavailable { retry_after }
            | Self::Overloaded { retry_after } => Some(seconds(retry_after)),
            Self::QuotaExceeded { retry_after, .. } => retry_after.as_ref().map(seconds),
            Self::UnknownKey
            | Self::Revoked
            | Self::ModelNotAllowed { .. }
            | Self::ModelRequired
            | Self::ModelAmbiguous
            | Self::ModelUnspecific { .. }
            | Self::HeadersAmbiguous
            | Self::UnsupportedEncoding
            | Self::UnsupportedQuery
            | Self::BodyUnreadable
            | Self::Unbounded { .. }
            | Self::BodyTooLarge { .. }
            | Self::NotFound
            | Self::Blocked
            | Self::EngineFailed
            | Self::EngineTooSlow => None,
        }
    }

    /// How the requests per minute stand, if that is why.
    pub(in crate::gateway) fn pacing(&self) -> Option<Pacing> {
        let Self::RateLimited { pacing, .. } = self else {
            return None;
        };
        *pacing
    }

    /// What sort of limit binds, if one does.
    pub(in crate::gateway) fn limit(&self) -> Option<LimitKind> {
        match self {
            Self::RateLimited { kind, .. }
            | Self::QuotaExceeded { kind, .. }
            | Self::Unbounded { kind, .. } => Some(*kind),
            Self::UnknownKey
            | Self::Revoked
            | Self::ModelNotAllowed { .. }
            | Self::ModelRequired
            | Self::ModelAmbiguous
            | Self::ModelUnspecific { .. }
            | Self::HeadersAmbiguous
            | Self::UnsupportedEncoding
            | Self::UnsupportedQuery
            | Self::BodyUnreadable
            | Self::BodyTooLarge { .. }
            | Self::NotFound
            | Self::Blocked
            | Self::EngineUnavailable { .. }
            | Self::EngineFailed
            | Self::EngineTooSlow
            | Self::Overloaded { .. } => None,
        }
    }

    /// Whether trying again soon is of no use although the status suggests it.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::QuotaExceeded { .. })
    }
}

/// Whole seconds, at least one.
fn seconds(duration: &Duration) -> u64 {
    duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0))
        .max(1)
}
