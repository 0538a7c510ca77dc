//! Groups of users.

use async_graphql::{
    ComplexObject, Context, ID, InputObject, MaybeUndefined, Object, SimpleObject,
};

use entity::account_access::AccessSubjectKind;

use crate::{
    domain::{
        account_groups::AccountGroups,
        users::{NewUserGroup, UserGroupChanges, UserGroups},
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{QUERY, list},
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::{account_group::AccountGroup, rate_limit::RateLimitInput, user_group::UserGroup},
    },
};

/// Groups that one server is expected to have.
const USUAL_GROUPS: usize = 50;

#[ComplexObject]
impl UserGroup {
    /// The number of members that are not archived.
    #[graphql(complexity = "QUERY")]
    async fn member_count(&self, ctx: &Context<'_>) -> Result<u64> {
        let counts = ctx.service::<UserGroups>().member_counts().await?;
        Ok(counts.get(&self.row_id).copied().unwrap_or(0))
    }

    /// The account groups that are set for the members without own ones, by name; null if the default group applies.
    #[graphql(complexity = "2 * child_complexity")]
    async fn account_groups(&self, ctx: &Context<'_>) -> Option<Vec<AccountGroup>> {
        let state = ctx.service::<AccountGroups>().access().current();
        let own = state.own(AccessSubjectKind::UserGroup, self.row_id)?;
        Some(own.into_iter().map(AccountGroup::from).collect())
    }
}

/// A new group of users.
#[derive(InputObject)]
struct CreateUserGroupInput {
    /// The name, unique among groups: 1 to 100 characters.
    name: String,
    /// Patterns of allowed models of members without own ones, in which `*` matches any characters; all when omitted.
    allowed_models: Option<Vec<String>>,
    /// The rate limit of members without an own one; the server's default when omitted.
    rate_limit: Option<RateLimitInput>,
}

/// Changes to a group. Omitted fields stay as they are.
#[derive(InputObject)]
struct UpdateUserGroupInput {
    /// The new name.
    name: MaybeUndefined<String>,
    /// Patterns of allowed models of members without own ones; null allows all.
    allowed_models: MaybeUndefined<Vec<String>>,
    /// The rate limit of members without an own one, which replaces the earlier one; null for the server's default.
    rate_limit: MaybeUndefined<RateLimitInput>,
}

/// The result of a mutation of a group.
#[derive(SimpleObject)]
struct UserGroupPayload {
    /// The group.
    user_group: UserGroup,
}

#[derive(Debug, Default)]
pub(crate) struct UserGroupQuery;

#[Object(guard = "Declared")]
impl UserGroupQuery {
    /// All groups of users, by name.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "list(USUAL_GROUPS, child_complexity)"
    )]
    async fn user_groups(&self, ctx: &Context<'_>) -> Vec<UserGroup> {
        let groups = ctx.service::<UserGroups>().table().list().into_iter();
        groups.map(UserGroup::from).collect()
    }
}

#[derive(Debug, Default)]
pub(crate) struct UserGroupMutation;

#[Object(guard = "Declared")]
impl UserGroupMutation {
    /// Create a group of users. Set `groupId` of users to put them into it.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn create_user_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The values to create the group with.")] input: CreateUserGroupInput,
    ) -> Result<UserGroupPayload> {
        let rate_limit = input.rate_limit.map(RateLimitInput::read).transpose()?;
        let new = NewUserGroup {
            name: input.name,
            allowed_models: input.allowed_models,
            rate_limit: rate_limit.unwrap_or_default(),
        };
        let group = ctx
            .service::<UserGroups>()
            .create(&ctx.audit(), new)
            .await?;
        Ok(UserGroupPayload {
            user_group: group.into(),
        })
    }

    /// Update a group of users. Changes take effect for all members immediately.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn update_user_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group's id.")] id: ID,
        #[graphql(desc = "The changes.")] input: UpdateUserGroupInput,
        #[graphql(
            desc = "The `version` that the change is based on; `CONFLICT` if it is another one now. Omit it to change the present state, whichever it is."
        )]
        expected_version: Option<i32>,
    ) -> Result<UserGroupPayload> {
        let rate_limit = match input.rate_limit {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(entity::RateLimit::default()),
            MaybeUndefined::Value(limit) => Some(limit.read()?),
        };
        let changes = UserGroupChanges {
            name: input::change("name", input.name)?,
            allowed_models: input::patch(input.allowed_models),
            rate_limit,
        };
        let id = input::id(&id, "user group")?;
        let groups = ctx.service::<UserGroups>();
        let audit = ctx.audit();
        let group = groups.update(&audit, id, expected_version, changes).await?;
        Ok(UserGroupPayload {
            user_group: group.into(),
        })
    }

    /// Delete a group of users. Its members stay, without a group, so that the server's defaults and the default
    /// account group apply to them.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn delete_user_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group's id.")] id: ID,
    ) -> Result<UserGroupPayload> {
        let id = input::id(&id, "user group")?;
        let group = ctx.service::<UserGroups>().delete(&ctx.audit(), id).await?;
        Ok(UserGroupPayload {
            user_group: group.into(),
        })
    }
}
