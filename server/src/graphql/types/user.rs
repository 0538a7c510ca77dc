//! A user, without the fields that need a service: `graphql::user::fields` has those.

use async_graphql::{ID, SimpleObject};
use entity::user;
use uuid::Uuid;

use super::{
    paging::Node,
    rate_limit::RateLimit,
    scalar::{BigInt, DateTime},
};

/// A user, whose tools call the gateway.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct User {
    #[graphql(skip)]
    pub(crate) row_id: Uuid,
    #[graphql(skip)]
    pub(crate) admin_note: Option<String>,
    #[graphql(skip)]
    pub(crate) own_rate_limit: Option<entity::RateLimit>,
    #[graphql(skip)]
    pub(crate) group_id: Option<Uuid>,
    /// The user's id.
    id: ID,
    /// The user's name, unique among users that are not archived.
    pub(crate) name: String,
    /// The e-mail address; null if none is set.
    email: Option<String>,
    /// The e-mail address to which the user is sent warnings about their own quotas, as confirmed by them; null if there
    /// is none.
    alert_address: Option<String>,
    /// The time at which the user confirmed `alertAddress`; null if there is none.
    alert_address_confirmed_at: Option<DateTime>,
    /// Whether the user's keys are accepted.
    enabled: bool,
    /// The time of creation.
    created_at: DateTime,
    /// The time at which the user was archived; null if not archived.
    archived_at: Option<DateTime>,
    /// The time of the last use of any key, to 30 seconds; null if never used.
    last_used_at: Option<DateTime>,
    /// Patterns of the user's own allowed models, in which `*` matches any characters; null if those of the group apply, or all
    /// without a group: see `effectiveAllowedModels`.
    pub(crate) allowed_models: Option<Vec<String>>,
    /// The tokens used since the last reset, or since creation.
    used_tokens: BigInt,
    /// The time of the last `resetUserUsage`; null if there was none.
    usage_reset_at: Option<DateTime>,
    /// The version, which increases with each change of the user apart from quotas and rate limit.
    version: i32,
    /// The version of the user's quotas, which increases with each change of them.
    quotas_version: i32,
    /// The version of the user's own rate limit, which increases with each change of it.
    rate_limit_version: i32,
    /// The user's own rate limit; null if that of the group applies, or the server's default: see `effectiveRateLimit`.
    rate_limit: Option<RateLimit>,
}

impl From<user::Model> for User {
    fn from(row: user::Model) -> Self {
        Self {
            row_id: row.id,
            admin_note: row.note,
            own_rate_limit: row.rate_limit,
            group_id: row.user_group_id,
            id: row.id.into(),
            name: row.name,
            email: row.email,
            alert_address: row.alert_address,
            alert_address_confirmed_at: row.alert_address_confirmed_at.map(Into::into),
            enabled: row.enabled,
            created_at: row.created_at.into(),
            archived_at: row.archived_at.map(Into::into),
            last_used_at: row.last_used_at.map(Into::into),
            allowed_models: row.allowed_models.map(|models| models.0),
            used_tokens: BigInt(row.used_tokens.max(0)),
            usage_reset_at: row.usage_reset_at.map(Into::into),
            version: row.version,
            quotas_version: row.quotas_version,
            rate_limit_version: row.rate_limit_version,
            rate_limit: row.rate_limit.map(Into::into),
        }
    }
}

impl Node for User {
    const CONNECTION: &'static str = "UserPart";

    fn cursor(&self) -> String {
        self.row_id.to_string()
    }
}
