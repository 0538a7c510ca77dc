//! Creating users.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use secrecy::ExposeSecret as _;

use crate::{
    domain::users::{NewUser, Users, api_keys::NewApiKey},
    graphql::{
        quota::input::QuotaInput,
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::{api_key::ApiKey, rate_limit::RateLimitInput, scalar::DateTime, user::User},
    },
};

/// A new user, who is created together with a first key.
#[derive(InputObject)]
struct CreateUserInput {
    /// The name, unique among users that are not archived.
    name: String,
    /// The e-mail address; null if none is set.
    email: Option<String>,
    /// A note for administrators.
    note: Option<String>,
    /// The group, whose models and rate limit apply where the user has none; none when omitted.
    group_id: Option<ID>,
    /// Patterns of allowed models, in which `*` matches any characters; those of the group when omitted, or all without one.
    allowed_models: Option<Vec<String>>,
    /// The quotas across all keys of the user, at most 20; none when omitted.
    #[graphql(default)]
    quotas: Vec<QuotaInput>,
    /// The rate limit; that of the group when omitted, or the server's default without one.
    rate_limit: Option<RateLimitInput>,
    /// The first key's name; `default` when omitted.
    api_key_name: Option<String>,
    /// The time at which the first key expires; it does not expire when omitted.
    api_key_expires_at: Option<DateTime>,
}

impl CreateUserInput {
    fn read(self) -> Result<NewUser> {
        let rate_limit = self.rate_limit.map(RateLimitInput::read).transpose()?;
        Ok(NewUser {
            name: self.name,
            email: self.email,
            note: self.note,
            group_id: self
                .group_id
                .map(|id| input::id(&id, "user group"))
                .transpose()?,
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

/// A new user, the first key and its secret, which is not shown again.
#[derive(SimpleObject)]
struct CreateUserPayload {
    /// The user.
    user: User,
    /// The user's first key.
    api_key: ApiKey,
    /// The key itself, which the user's tools send. It is not shown again.
    secret: String,
}

#[derive(Debug, Default)]
pub(crate) struct CreateUserMutation;

#[Object(guard = "Declared")]
impl CreateUserMutation {
    /// Create a user with a first key.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The values to create the user with.")] input: CreateUserInput,
    ) -> Result<CreateUserPayload> {
        let (user, issued) = ctx
            .service::<Users>()
            .create(&ctx.audit(), input.read()?)
            .await?;
        Ok(CreateUserPayload {
            user: User::from(user),
            api_key: ApiKey::from(issued.api_key),
            secret: issued.secret.expose_secret().to_owned(),
        })
    }
}
