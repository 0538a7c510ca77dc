//! A group of users, without the fields that need a service.

use async_graphql::{Enum, ID, SimpleObject};
use entity::user_group;
use uuid::Uuid;

use super::{rate_limit::RateLimit, scalar::DateTime};

/// A group of users. What a member does not set, the group decides.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct UserGroup {
    #[graphql(skip)]
    pub(crate) row_id: Uuid,
    /// The group's id.
    id: ID,
    /// The name, which is unique.
    name: String,
    /// Patterns of allowed models of members without own ones, in which `*` matches any characters; null allows all.
    allowed_models: Option<Vec<String>>,
    /// The rate limit of members without an own one; null if the server's default applies. It counts each member alone.
    rate_limit: Option<RateLimit>,
    /// The time of creation.
    created_at: DateTime,
    /// The version, which increases with each change.
    version: i32,
}

impl From<user_group::Model> for UserGroup {
    fn from(row: user_group::Model) -> Self {
        Self {
            row_id: row.id,
            id: row.id.into(),
            name: row.name,
            allowed_models: row.allowed_models.map(|models| models.0),
            rate_limit: row.rate_limit.map(Into::into),
            created_at: row.created_at.into(),
            version: row.version,
        }
    }
}

/// The source of a limit that applies to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum LimitSource {
    /// The user's own, which overrides that of the group.
    User,
    /// The user's group.
    Group,
    /// The server's default.
    Default,
}

impl LimitSource {
    pub(crate) fn of(is_own: bool, has_group: bool) -> Self {
        match (is_own, has_group) {
            (true, _) => Self::User,
            (false, true) => Self::Group,
            (false, false) => Self::Default,
        }
    }
}
