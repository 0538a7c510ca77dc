//! Updating, enabling, disabling and archiving users.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use crate::{
    domain::users::{UserChanges, Users},
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::user::User,
    },
};

/// Changes to a user. Omitted fields stay as they are; null clears a field.
#[derive(InputObject)]
struct UpdateUserInput {
    /// The new name.
    name: MaybeUndefined<String>,
    /// The e-mail address; null if none is set.
    email: MaybeUndefined<String>,
    /// A note for administrators.
    note: MaybeUndefined<String>,
    /// Whether the user's keys are accepted.
    enabled: MaybeUndefined<bool>,
    /// Patterns of allowed models, in which `*` matches any characters; null for those of the group, or all without one.
    allowed_models: MaybeUndefined<Vec<String>>,
    /// The group, whose models and rate limit apply where the user has none; null for none.
    group_id: MaybeUndefined<ID>,
}

/// The result of `updateUser`.
#[derive(SimpleObject)]
struct UpdateUserPayload {
    /// The user.
    user: User,
}

/// The result of `setUsersEnabled`.
#[derive(SimpleObject)]
struct SetUsersEnabledPayload {
    /// The users, in the order of `ids`.
    users: Vec<User>,
}

/// The result of `archiveUser`.
#[derive(SimpleObject)]
struct ArchiveUserPayload {
    /// The archived user.
    user: User,
}

#[derive(Debug, Default)]
pub(crate) struct UpdateUserMutation;

#[Object(guard = "Declared")]
impl UpdateUserMutation {
    /// Update a user. Changes take effect immediately.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn update_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user's id.")] id: ID,
        #[graphql(desc = "The changes.")] input: UpdateUserInput,
        #[graphql(
            desc = "The `version` that the change is based on; `CONFLICT` if it is another one now. Omit it to change the present state, whichever it is."
        )]
        expected_version: Option<i32>,
    ) -> Result<UpdateUserPayload> {
        let group_id = input.group_id;
        let group_id = group_id.map_value(|id| input::id(&id, "user group"));
        let group_id = group_id.transpose()?;
        let changes = UserChanges {
            name: input::change("name", input.name)?,
            email: input::patch(input.email),
            note: input::patch(input.note),
            enabled: input::change("enabled", input.enabled)?,
            allowed_models: input::patch(input.allowed_models),
            group_id: input::patch(group_id),
        };
        let id = input::id(&id, "user")?;
        let user = User::from(
            ctx.service::<Users>()
                .update(&ctx.audit(), id, expected_version, changes)
                .await?,
        );
        Ok(UpdateUserPayload { user })
    }

    /// Enable or disable several users: all of them, or none if one fails.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn set_users_enabled(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The users' ids, at most 200.", validator(max_items = 200))] ids: Vec<ID>,
        #[graphql(desc = "Whether their keys are accepted.")] enabled: bool,
    ) -> Result<SetUsersEnabledPayload> {
        let ids: Result<Vec<_>> = ids.iter().map(|id| input::id(id, "user")).collect();
        let users = ctx
            .service::<Users>()
            .set_enabled(&ctx.audit(), &ids?, enabled)
            .await?;
        let users = users.into_iter().map(User::from).collect();
        Ok(SetUsersEnabledPayload { users })
    }

    /// Archive a user: their keys are revoked, their name can be used again, and their history stays.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn archive_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user's id.")] id: ID,
    ) -> Result<ArchiveUserPayload> {
        let id = input::id(&id, "user")?;
        let user = User::from(ctx.service::<Users>().archive(&ctx.audit(), id).await?);
        Ok(ArchiveUserPayload { user })
    }
}
