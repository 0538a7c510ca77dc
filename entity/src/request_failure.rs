//! Why a request failed: parts of its record that are stored as JSON, because they are read with one request and never
//! searched.

use sea_orm::{FromJsonQueryResult, prelude::Uuid};
use serde::{Deserialize, Serialize};

use super::{provider_account::ProviderKind, quota::WindowKind};

/// The most attempts that are kept of a request.
pub const MAX_ATTEMPTS: usize = 8;

/// The kind of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectingLimit {
    RequestsPerMinute,
    TokensPerMinute,
    ConcurrentRequests,
    ConcurrentSockets,
    QuotaTokens,
    /// In nano-USD.
    QuotaCost,
    QuotaRequests,
}

/// Whether it limits the user or the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitScope {
    User,
    Key,
}

/// The limit that rejected a request, as it was then, in its unit. The limit may have been changed or deleted since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct RejectedBy {
    pub kind: RejectingLimit,
    pub scope: LimitScope,
    pub limit: i64,
    pub used: i64,
    /// By requests that were in flight.
    pub reserved: i64,
    /// The most that the request would have added; `None` if that had no bound.
    pub needed: Option<i64>,
    /// Microseconds since 1970; `None` if the limit does not reset.
    pub resets_at: Option<i64>,
    /// `None` for rate limits, as the fields that follow.
    pub quota: Option<RejectingQuota>,
}

/// The quota among the limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectingQuota {
    pub id: Uuid,
    pub window: WindowKind,
    /// Of a rolling window.
    pub rolling_seconds: Option<u32>,
    /// The IANA time zone of a calendar window.
    pub timezone: Option<String>,
    /// `None` for every provider.
    pub provider: Option<ProviderKind>,
    /// `None` for every model.
    pub model_pattern: Option<String>,
}

/// An attempt of the engine at a provider account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// `None` if it is none of ours.
    pub account_id: Option<Uuid>,
    pub provider: Option<ProviderKind>,
    pub succeeded: bool,
    /// The HTTP status of a failure; `None` if the provider did not answer.
    pub status: Option<u16>,
    /// The provider's message of a failure, without secrets.
    pub message: Option<String>,
}

/// The attempts of a request of which at least one failed, in the order of the engine's reports: up to [`MAX_ATTEMPTS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Attempts(pub Vec<Attempt>);
