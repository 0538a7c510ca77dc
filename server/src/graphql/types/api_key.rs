//! A key, without the fields that need a service: `graphql::key::fields` has those.

use async_graphql::{Enum, ID, SimpleObject};
use entity::api_key;
use uuid::Uuid;

use super::{paging::Node, rate_limit::RateLimit, scalar::DateTime};
use crate::domain::{requests::RecentAddress, users::api_keys};

/// The state of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "api_keys::ApiKeyState")]
pub(crate) enum ApiKeyState {
    /// Valid while its user is enabled.
    Active,
    /// Past its expiry time.
    Expired,
    /// Revoked or replaced.
    Revoked,
}

/// An API key of a user for the gateway (`sk-…`).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ApiKey {
    #[graphql(skip)]
    pub(crate) key_id: Uuid,
    #[graphql(skip)]
    pub(crate) user_id: Uuid,
    /// The key's id.
    id: ID,
    /// The name.
    pub(crate) name: String,
    /// The first characters of the secret, to recognise it by; empty for the sign-in of an agent.
    prefix: String,
    /// The last four characters of the secret, to recognise it by; empty for the sign-in of an agent.
    last_four: String,
    /// The time of creation.
    created_at: DateTime,
    /// The time of the last use, to 30 seconds; null if never used.
    last_used_at: Option<DateTime>,
    /// The time at which it expires; null if it does not expire.
    pub(crate) expires_at: Option<DateTime>,
    /// The time of revocation; null if not revoked.
    pub(crate) revoked_at: Option<DateTime>,
    /// Patterns of allowed models, in which `*` matches any characters; null allows all of the user's models.
    allowed_models: Option<Vec<String>>,
    /// The id of the key with which the user created it; null if an administrator created it.
    created_with_id: Option<ID>,
    #[graphql(skip)]
    pub(crate) signed_in_at: Option<DateTime>,
    /// The version, which increases with each change of the key apart from quotas and rate limit.
    version: i32,
    /// The version of the key's own quotas, which increases with each change of them.
    quotas_version: i32,
    /// The version of the key's own rate limit, which increases with each change of it.
    rate_limit_version: i32,
    /// The rate limit of this key; null if only the user's limit applies.
    rate_limit: Option<RateLimit>,
}

impl From<api_key::Model> for ApiKey {
    fn from(row: api_key::Model) -> Self {
        Self {
            key_id: row.id,
            user_id: row.user_id,
            id: row.id.into(),
            name: row.name,
            prefix: row.prefix,
            last_four: row.last_four,
            created_at: row.created_at.into(),
            last_used_at: row.last_used_at.map(Into::into),
            expires_at: row.expires_at.map(Into::into),
            revoked_at: row.revoked_at.map(Into::into),
            allowed_models: row.allowed_models.map(|models| models.0),
            created_with_id: row.created_with.map(Into::into),
            signed_in_at: row.signed_in_at.map(Into::into),
            version: row.version,
            quotas_version: row.quotas_version,
            rate_limit_version: row.rate_limit_version,
            rate_limit: row.rate_limit.map(Into::into),
        }
    }
}

impl Node for ApiKey {
    const CONNECTION: &'static str = "ApiKeyPart";

    fn cursor(&self) -> String {
        self.key_id.to_string()
    }
}

/// An address that a key was used from.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ApiKeyAddress {
    /// The IP address of the client.
    address: String,
    /// The start of the last request from there.
    last_seen_at: DateTime,
}

impl From<RecentAddress> for ApiKeyAddress {
    fn from(recent: RecentAddress) -> Self {
        Self {
            address: recent.address,
            last_seen_at: recent.last_seen_at.into(),
        }
    }
}
