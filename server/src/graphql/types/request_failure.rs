//! Why a request failed.

use async_graphql::{Enum, ID, SimpleObject};
use chrono::DateTime as Moment;
use entity::{quota::Metric, request_failure};
use uuid::Uuid;

use super::{
    provider::ProviderKind,
    quota::QuotaWindow,
    quota_amount::QuotaAmount,
    scalar::{DateTime, int},
};

/// The kind of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "request_failure::RejectingLimit")]
pub(crate) enum LimitKind {
    /// Requests per minute.
    RequestsPerMinute,
    /// Tokens per minute.
    TokensPerMinute,
    /// Concurrent requests.
    ConcurrentRequests,
    /// Concurrent open WebSockets.
    ConcurrentSockets,
    /// A quota of tokens.
    QuotaTokens,
    /// A quota of US dollars.
    QuotaCost,
    /// A quota of requests.
    QuotaRequests,
}

/// Whether a limit counts the requests of a user or of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "request_failure::LimitScope")]
pub(crate) enum LimitScope {
    /// All requests of the user.
    User,
    /// The requests of one key.
    Key,
}

/// The limit that rejected a request, as it was then. It may have been changed or deleted since.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct LimitRejection {
    /// The kind of the limit, which determines the unit of the amounts.
    kind: LimitKind,
    /// Whether it limits the user or the key of the request.
    scope: LimitScope,
    /// The limit.
    limit: QuotaAmount,
    /// The usage before the request.
    used: QuotaAmount,
    /// The amount that other requests in flight had reserved.
    reserved: QuotaAmount,
    /// The amount that the request would have reserved; null if it had no upper bound.
    needed: Option<QuotaAmount>,
    /// The time from which a retry could succeed or, for a quota, at which usage resets or next decreases; null
    /// if it does not.
    resets_at: Option<DateTime>,
    /// The quota's id; null for rate limits.
    quota_id: Option<ID>,
    /// The time window of the quota; null for rate limits.
    window: Option<QuotaWindow>,
    /// The length of a `ROLLING` window, in seconds; null for other windows.
    rolling_seconds: Option<i32>,
    /// The IANA time zone of a calendar window; null for other windows.
    timezone: Option<String>,
    /// The provider that the quota counts; null for all.
    provider: Option<ProviderKind>,
    /// The pattern of models that the quota counts; null for all.
    model_pattern: Option<String>,
}

impl From<request_failure::RejectedBy> for LimitRejection {
    fn from(rejected_by: request_failure::RejectedBy) -> Self {
        let metric = if rejected_by.kind == request_failure::RejectingLimit::QuotaCost {
            Metric::Cost
        } else {
            Metric::Requests
        };
        let amount = |amount| QuotaAmount::of(metric, amount);
        let resets_at = rejected_by.resets_at;
        let quota = rejected_by.quota.as_ref();
        Self {
            kind: rejected_by.kind.into(),
            scope: rejected_by.scope.into(),
            limit: amount(rejected_by.limit),
            used: amount(rejected_by.used),
            reserved: amount(rejected_by.reserved),
            needed: rejected_by.needed.map(amount),
            resets_at: resets_at
                .and_then(Moment::from_timestamp_micros)
                .map(Into::into),
            quota_id: quota.map(|quota| quota.id.into()),
            window: quota.map(|quota| quota.window.into()),
            rolling_seconds: quota.and_then(|quota| quota.rolling_seconds).map(int),
            timezone: quota.and_then(|quota| quota.timezone.clone()),
            provider: quota.and_then(|quota| quota.provider).map(Into::into),
            model_pattern: quota.and_then(|quota| quota.model_pattern.clone()),
        }
    }
}

/// An attempt of the engine at a provider account.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct RequestAttempt {
    #[graphql(skip)]
    pub(crate) account_id: Option<Uuid>,
    /// The provider; null if unknown.
    provider: Option<ProviderKind>,
    /// Whether the provider accepted the request.
    succeeded: bool,
    /// The HTTP status of a failed attempt; null if the provider did not respond, and for successful attempts.
    http_status: Option<i32>,
    /// The provider's error message, without secrets and up to 500 characters; null if it has none or is not kept.
    message: Option<String>,
}

impl From<request_failure::Attempt> for RequestAttempt {
    fn from(attempt: request_failure::Attempt) -> Self {
        Self {
            account_id: attempt.account_id,
            provider: attempt.provider.map(Into::into),
            succeeded: attempt.succeeded,
            http_status: attempt.status.map(Into::into),
            message: attempt.message,
        }
    }
}
