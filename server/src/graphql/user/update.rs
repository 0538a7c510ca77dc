//! Updating, enabling, disabling and archiving users.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::admin::Role;

use crate::{
    domain::users::{UserChanges, Users},
    graphql::{
        resolver::{context::ContextExt as _, error::Result, guard::AtLeast, input},
        types::user::User,
    },
};

/// What to change about a user. What is left out stays; null clears.
#[derive(InputObject)]
struct UpdateUserInput {
    /// The new name.
    name: MaybeUndefined<String>,
    /// Where to write to.
    email: MaybeUndefined<String>,
    /// What administrators want to remember.
    note: MaybeUndefined<String>,
    /// Whether the user's keys work.
    enabled: MaybeUndefined<bool>,
    /// The models that the user may use; null allows all.
    allowed_models: MaybeUndefined<Vec<String>>,
}

/// A user was changed.
#[derive(SimpleObject)]
struct UpdateUserPayload {
    /// The user.
    user: User,
}

/// Users were enabled or disabled.
#[derive(SimpleObject)]
struct SetUsersEnabledPayload {
    /// The users, in the order of their ids in the call.
    users: Vec<User>,
}

/// A user was archived.
#[derive(SimpleObject)]
struct ArchiveUserPayload {
    /// The user, whose history stays.
    user: User,
}

#[derive(Debug, Default)]
pub(crate) struct UpdateUserMutation;

#[Object]
impl UpdateUserMutation {
    /// Change a user. What is disabled or restricted is so at once.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn update_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which user.")] id: ID,
        #[graphql(desc = "What to change.")] input: UpdateUserInput,
    ) -> Result<UpdateUserPayload> {
        let changes = UserChanges {
            name: input::change("name", input.name)?,
            email: input::patch(input.email),
            note: input::patch(input.note),
            enabled: input::change("enabled", input.enabled)?,
            allowed_models: input::patch(input.allowed_models),
        };
        let id = input::id(&id, "user")?;
        let user = User::from(ctx.service::<Users>().update(id, changes).await?);
        Ok(UpdateUserPayload { user })
    }

    /// Enable or disable several users, all or none of them.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn set_users_enabled(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which users, at most 200.", validator(max_items = 200))] ids: Vec<ID>,
        #[graphql(desc = "Whether their keys work.")] enabled: bool,
    ) -> Result<SetUsersEnabledPayload> {
        let ids: Result<Vec<_>> = ids.iter().map(|id| input::id(id, "user")).collect();
        let users = ctx.service::<Users>().set_enabled(&ids?, enabled).await?;
        let users = users.into_iter().map(User::from).collect();
        Ok(SetUsersEnabledPayload { users })
    }

    /// Archive a user: the keys die, the name is free again, the history stays.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn archive_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which user.")] id: ID,
    ) -> Result<ArchiveUserPayload> {
        let id = input::id(&id, "user")?;
        let user = User::from(ctx.service::<Users>().archive(id).await?);
        Ok(ArchiveUserPayload { user })
    }
}
