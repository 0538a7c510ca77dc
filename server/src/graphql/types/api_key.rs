//! A key, without the fields that need a service: [`crate::graphql::key::fields`] has those.

use async_graphql::{Enum, ID, SimpleObject};
use entity::api_key;
use uuid::Uuid;

use super::{rate_limit::RateLimit, scalar::DateTime};

/// Whether a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum ApiKeyState {
    /// It works, as long as its user is enabled.
    Active,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

/// A user's key for the gateway (`sk-…`).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ApiKey {
    #[graphql(skip)]
    pub(crate) key_id: Uuid,
    #[graphql(skip)]
    pub(crate) user_id: Uuid,
    /// The key's id.
    id: ID,
    /// What it is called.
    pub(crate) name: String,
    /// How it begins, to recognise it by.
    prefix: String,
    /// How it ends, to recognise it by.
    last_four: String,
    /// When it was issued.
    created_at: DateTime,
    /// When it was last used, to half a minute.
    last_used_at: Option<DateTime>,
    /// When it ends of itself; null for never.
    pub(crate) expires_at: Option<DateTime>,
    /// When it was revoked, if it was.
    pub(crate) revoked_at: Option<DateTime>,
    /// The models that it opens, `*` standing for anything; null opens all that the user may use.
    allowed_models: Option<Vec<String>>,
    /// How fast it may be used; null when its user's limit alone holds.
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
            rate_limit: row.rate_limit.map(Into::into),
        }
    }
}
