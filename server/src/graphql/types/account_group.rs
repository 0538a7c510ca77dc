//! An account group, without the fields that need a service: `graphql::account_group::fields` has those.

use async_graphql::{Enum, ID, SimpleObject};
use uuid::Uuid;

use super::scalar::DateTime;
use crate::domain::account_groups::{self, AccessSnapshot, AccessSource};

/// A group of provider accounts. Only callers who are permitted one of the groups of an account reach it.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct AccountGroup {
    #[graphql(skip)]
    pub(crate) row_id: Uuid,
    #[graphql(skip)]
    pub(crate) account_ids: Vec<Uuid>,
    /// The group's id.
    id: ID,
    /// The name, unique among groups: 1 to 60 characters.
    name: String,
    /// Whether callers without a group of their own use this group, instead of the accounts that are in no group. At
    /// most one group is the default.
    is_default: bool,
    /// The time of creation.
    created_at: DateTime,
    /// The time of the last change.
    updated_at: DateTime,
    /// The version, which increases with each change of the group.
    version: i32,
}

impl From<&account_groups::AccountGroup> for AccountGroup {
    fn from(group: &account_groups::AccountGroup) -> Self {
        let row = &group.row;
        Self {
            row_id: row.id,
            account_ids: group.accounts.iter().copied().collect(),
            id: row.id.into(),
            name: row.name.clone(),
            is_default: row.is_default,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            version: row.version,
        }
    }
}

/// The rule that decides the accounts of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::account_groups::AccessSource")]
pub(crate) enum AccountAccessSource {
    /// The groups of the API key.
    ApiKey,
    /// The groups of the user.
    User,
    /// The account groups of the group of users that the user is in.
    UserGroup,
    /// The default group, because neither the key, the user nor the group of users has account groups.
    DefaultGroup,
    /// No group: the caller uses the accounts that are in no group.
    Ungrouped,
}

/// The account groups that a user, a key or the members of a group of users may use.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AccountAccess {
    /// The rule that decides: that of the key if it has groups, else that of the user, else that of the group of users, else the
    /// default group.
    source: AccountAccessSource,
    /// The groups that the caller may use, by name. Empty with the source `UNGROUPED`; with the source `USER`,
    /// `USER_GROUP` or `API_KEY` it is empty if all of the groups were deleted, and then the caller reaches no account.
    #[graphql(complexity = "2 * child_complexity")]
    groups: Vec<AccountGroup>,
    /// The groups that are set for this user, key or group of users itself, by name; null if it inherits.
    #[graphql(complexity = "2 * child_complexity")]
    own_groups: Option<Vec<AccountGroup>>,
}

impl AccountAccess {
    pub(in crate::graphql) fn new(
        (source, groups): (AccessSource, Vec<&account_groups::AccountGroup>),
        own: Option<Vec<&account_groups::AccountGroup>>,
    ) -> Self {
        Self {
            source: source.into(),
            groups: listed(groups),
            own_groups: own.map(listed),
        }
    }
}

fn listed(groups: Vec<&account_groups::AccountGroup>) -> Vec<AccountGroup> {
    groups.into_iter().map(Into::into).collect()
}

/// The groups of an account, by name.
pub(in crate::graphql) fn of_account(state: &AccessSnapshot, account: Uuid) -> Vec<AccountGroup> {
    listed(state.groups_of(account))
}
