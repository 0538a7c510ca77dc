//! Changing users: create, update, enable and disable, archive.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::admin::Role;
use secrecy::ExposeSecret as _;

use super::fields::User;
use crate::{
    domain::{
        api_keys::NewApiKey,
        users::{NewUser, UserChanges, Users},
    },
    graphql::{
        key::fields::ApiKey,
        quota::changes::QuotaInput,
        resolver::{context::ContextExt as _, error::Result, guard::AtLeast, input},
        types::{rate_limit::RateLimitInput, scalar::DateTime},
    },
};

/// What a new user is like. Every user begins with a key.
#[derive(InputObject)]
struct CreateUserInput {
    /// The name, unique among users that are not archived.
    name: String,
    /// Where to write to.
    email: Option<String>,
    /// What administrators want to remember.
    note: Option<String>,
    /// The models that the user may use, `*` standing for anything; all when left out.
    allowed_models: Option<Vec<String>>,
    /// What the user may use with all keys together, at most 20 quotas; none when left out.
    #[graphql(default)]
    quotas: Vec<QuotaInput>,
    /// How fast the user may call; the server's default when left out.
    rate_limit: Option<RateLimitInput>,
    /// What the first key is called; `default` when left out.
    api_key_name: Option<String>,
    /// When the first key ends of itself; never when left out.
    api_key_expires_at: Option<DateTime>,
}

impl CreateUserInput {
    fn read(self) -> Result<NewUser> {
        let rate_limit = self.rate_limit.map(RateLimitInput::read).transpose()?;
        Ok(NewUser {
            name: self.name,
            email: self.email,
            note: self.note,
            allowed_models: self.allowed_models,
            quotas: QuotaInput::read_all(self.quotas)?,
            rate_limit: rate_limit.unwrap_or_default(),
            api_key: NewApiKey {
                name: self.api_key_name,
                expires_at: self.api_key_expires_at.map(Into::into),
                ..NewApiKey::default()
            },
        })
    }
}

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

/// A new user with the first key and its secret, which is shown this once.
#[derive(SimpleObject)]
struct CreateUserPayload {
    /// The user.
    user: User,
    /// The user's first key.
    api_key: ApiKey,
    /// What the user's tools send.
    secret: String,
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
struct DeleteUserPayload {
    /// The user, whose history stays.
    user: User,
}

/// The users' part of the changes.
#[derive(Debug, Default)]
pub(crate) struct UserMutation;

#[Object]
impl UserMutation {
    /// Create a user together with a first key.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the user is like.")] input: CreateUserInput,
    ) -> Result<CreateUserPayload> {
        let (user, issued) = ctx
            .service::<Users>()
            .create(&ctx.audit(), input.read()?)
            .await?;
        Ok(CreateUserPayload {
            user: User(user),
            api_key: ApiKey(issued.api_key),
            secret: issued.secret.expose_secret().to_owned(),
        })
    }

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
        let user = User(
            ctx.service::<Users>()
                .update(&ctx.audit(), id, changes)
                .await?,
        );
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
        let users = ctx
            .service::<Users>()
            .set_enabled(&ctx.audit(), &ids?, enabled)
            .await?;
        let users = users.into_iter().map(User).collect();
        Ok(SetUsersEnabledPayload { users })
    }

    /// Archive a user: the keys die, the name is free again, the history stays.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn delete_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which user.")] id: ID,
    ) -> Result<DeleteUserPayload> {
        let id = input::id(&id, "user")?;
        let user = User(ctx.service::<Users>().archive(&ctx.audit(), id).await?);
        Ok(DeleteUserPayload { user })
    }
}
