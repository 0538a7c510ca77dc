//! Account groups, and which users and keys may use them.

mod access;
mod changes;
mod fields;
mod list;

use async_graphql::MergedObject;

pub(super) use self::list::AccountGroupQuery;
use self::{access::AccountAccessMutation, changes::AccountGroupMutation};

#[derive(Debug, Default, MergedObject)]
pub(super) struct AccountGroupMutations(AccountGroupMutation, AccountAccessMutation);
