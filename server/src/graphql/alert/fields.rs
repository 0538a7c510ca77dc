//! An alert and its values.

use async_graphql::{Enum, ID, SimpleObject};
use entity::alert;

use crate::{
    domain::alerts,
    graphql::types::{
        paging::Node,
        provider::ProviderKind,
        quota::{QuotaMetric, QuotaWindow},
        quota_amount::QuotaAmount,
        scalar::{BigInt, DateTime},
    },
};

/// The kind of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::alert::AlertKind")]
pub(crate) enum AlertKind {
    /// The engine is not running, so requests are rejected.
    EngineDown,
    /// A new version of the engine ended twice within ten minutes, so the server returned to the previous one; critical if
    /// it could not. The alert ends after 7 days, or when the next update or rollback has ended.
    EngineRolledBack,
    /// The journal or the database cannot be written, so requests are rejected.
    RecordingFailing,
    /// Of at least 10 requests of the last 15 or 60 minutes, 5 % failed; or a third of fewer requests, at least 3.
    /// From 20 % on it is critical.
    ErrorRate,
    /// The sign-in of an account expired or was revoked.
    AccountSignInInvalid,
    /// The provider rejects an account, or requests through it keep failing.
    AccountFailing,
    /// The server stopped using an account, because its provider rejects the credentials.
    AccountPaused,
    /// The sign-in of an account expires soon and was not refreshed.
    AccountExpiring,
    /// The engine skips an account for a while, such as after a rate limit of the provider.
    AccountCooling,
    /// A quota is used up.
    QuotaReached,
    /// A key without allowed networks was used from one network, from another one and from the first one again within
    /// `keyNetworkMinutes` of the settings. Networks are /16 prefixes of IPv4 and /32 prefixes of IPv6 addresses.
    KeyInTwoNetworks,
    /// The last backup is older than two intervals of the schedule.
    BackupOverdue,
    /// The last scheduled backup failed, or there is no passphrase for it.
    BackupFailed,
    /// A model that was used in the last day has no price.
    ModelUnpriced,
    /// The newest price table is older than 120 days.
    PricesOutdated,
    /// The engine has not refreshed its model catalogue for 24 hours, although the setting `refreshModelCatalogue` is on.
    CatalogueOutdated,
    /// A disk that the server writes to has less than 1 GiB free; critical below 128 MiB.
    DiskLow,
}

/// How urgent an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::alert::AlertSeverity")]
pub(crate) enum AlertSeverity {
    /// Service continues.
    Warning,
    /// Requests fail or are rejected.
    Critical,
}

/// The type of object that an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::alert::AlertSubjectKind")]
pub(crate) enum AlertSubjectKind {
    /// This server.
    Server,
    /// The engine.
    Engine,
    /// A provider account.
    ProviderAccount,
    /// A quota.
    Quota,
    /// A model.
    Model,
    /// An API key.
    ApiKey,
}

/// The object that an alert is about.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AlertSubject {
    /// The type of object.
    kind: AlertSubjectKind,
    /// The id of the account, quota or key, or the name of the model; null for the server and the engine.
    id: Option<ID>,
    /// The label of the account, the name of the quota's user, the names of the key's user and the key, or the name of the
    /// model; null for the server and the engine.
    name: Option<String>,
}

/// The values of an alert when it was last seen. Fields that do not apply to the kind are null.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AlertDetail {
    /// The cause in the words of the engine, the provider or the server: at most 500 characters, without secrets. For
    /// `KEY_IN_TWO_NETWORKS`, the networks.
    reason: Option<String>,
    /// The provider of the account.
    provider: Option<ProviderKind>,
    /// The end of the cooldown, of the sign-in, or of the quota's window.
    until: Option<DateTime>,
    /// The time of the last backup, of the last refresh of the model catalogue (of the engine's start if there was none) or
    /// of the return to the previous engine; or the date of the price table.
    last_at: Option<DateTime>,
    /// For `ERROR_RATE`, the number of requests; for `MODEL_UNPRICED`, those without a price in the last day.
    requests: Option<BigInt>,
    /// The number of failed requests.
    failed: Option<BigInt>,
    /// The period in which requests were counted, in minutes, rounded outward to quarters of an hour.
    minutes: Option<i32>,
    /// The quota.
    quota: Option<ReachedQuota>,
    /// The interval of scheduled backups, in hours.
    every_hours: Option<i32>,
    /// The free space, in bytes, rounded down to 64 MiB.
    free_bytes: Option<BigInt>,
    /// For `ENGINE_ROLLED_BACK`, the version that failed; null if it is unknown.
    failed_version: Option<String>,
    /// For `ENGINE_ROLLED_BACK`, the version before it; null if it is unknown.
    previous_version: Option<String>,
}

/// A quota that was used up.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ReachedQuota {
    /// The unit that is counted.
    metric: QuotaMetric,
    /// The time window of the limit.
    window: QuotaWindow,
    /// The limit per window.
    limit: QuotaAmount,
    /// The usage in the window.
    used: QuotaAmount,
    /// The id of its user.
    user_id: ID,
    /// The id of the key that it is limited to; null for all keys of the user.
    api_key_id: Option<ID>,
    /// The name of that key.
    api_key_name: Option<String>,
}

/// A condition that needs an administrator. At most 100 alerts of a kind are open, one per subject. An alert that
/// ended is kept for 90 days.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Alert {
    /// The alert's id.
    id: ID,
    /// The kind.
    kind: AlertKind,
    /// How urgent it is.
    severity: AlertSeverity,
    /// The object that it is about.
    subject: AlertSubject,
    /// A sentence in English, with the reason.
    message: String,
    /// The values.
    detail: AlertDetail,
    /// When the condition was first seen. A condition that recurs within 15 minutes continues its alert.
    raised_at: DateTime,
    /// When the condition was last seen, to one minute.
    last_seen_at: DateTime,
    /// When the condition was gone; null while it holds.
    ended_at: Option<DateTime>,
    /// When it was acknowledged; null if it was not, or has become critical since.
    acknowledged_at: Option<DateTime>,
    /// The name of the administrator or API token that acknowledged it.
    acknowledged_by: Option<String>,
}

impl Node for Alert {
    const CONNECTION: &'static str = "AlertConnectionPart";

    fn cursor(&self) -> String {
        self.id.to_string()
    }
}

impl From<alert::Model> for Alert {
    fn from(row: alert::Model) -> Self {
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            message: alerts::message(&row),
            id: row.id.into(),
            kind: row.kind.into(),
            severity: row.severity.into(),
            subject: AlertSubject {
                kind: row.subject_kind.into(),
                id: given(row.subject_id).map(ID),
                name: given(row.subject_name),
            },
            detail: row.detail.into(),
            raised_at: row.raised_at.into(),
            last_seen_at: row.last_seen_at.into(),
            ended_at: row.ended_at.map(Into::into),
            acknowledged_at: row.acknowledged_at.map(Into::into),
            acknowledged_by: row.acknowledged_by,
        }
    }
}

impl From<alert::AlertDetail> for AlertDetail {
    fn from(detail: alert::AlertDetail) -> Self {
        Self {
            reason: detail.reason,
            provider: detail.provider.map(Into::into),
            until: detail.until.map(Into::into),
            last_at: detail.last_at.map(Into::into),
            requests: detail.requests.map(BigInt),
            failed: detail.failed.map(BigInt),
            minutes: detail.minutes,
            quota: detail.quota.map(Into::into),
            every_hours: detail.every_hours,
            free_bytes: detail.free_bytes.map(BigInt),
            failed_version: detail.failed_version,
            previous_version: detail.previous_version,
        }
    }
}

impl From<alert::ReachedQuota> for ReachedQuota {
    fn from(quota: alert::ReachedQuota) -> Self {
        let amount = |amount| QuotaAmount::of(quota.metric, amount);
        Self {
            metric: quota.metric.into(),
            window: quota.window.into(),
            limit: amount(quota.limit),
            used: amount(quota.used),
            user_id: quota.user_id.into(),
            api_key_id: quota.api_key_id.map(Into::into),
            api_key_name: quota.api_key_name,
        }
    }
}
