//! Account groups: all, or one.

use async_graphql::{Context, ID, Object};

use crate::{
    domain::account_groups::AccountGroups,
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{list, one},
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::account_group::AccountGroup,
    },
};

#[derive(Debug, Default)]
pub(crate) struct AccountGroupQuery;

#[Object(guard = "Declared")]
impl AccountGroupQuery {
    /// The account groups, by name: at most 200.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "list(20, child_complexity)"
    )]
    async fn account_groups(&self, ctx: &Context<'_>) -> Vec<AccountGroup> {
        let state = ctx.service::<AccountGroups>().access().current();
        state.groups().into_iter().map(Into::into).collect()
    }

    /// An account group; null if there is none with this id.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "one(child_complexity)"
    )]
    async fn account_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group's id.")] id: ID,
    ) -> Option<AccountGroup> {
        let id = input::id(&id, "account group").ok()?;
        let state = ctx.service::<AccountGroups>().access().current();
        state.group(id).map(Into::into)
    }
}

/// A group as it is now; `NOT_FOUND` if it was deleted meanwhile.
pub(super) fn find(ctx: &Context<'_>, id: uuid::Uuid) -> Result<AccountGroup> {
    let state = ctx.service::<AccountGroups>().access().current();
    let what = "account group";
    let group = state.group(id).map(Into::into);
    Ok(group.ok_or(crate::domain::Error::NotFound { what })?)
}
