//! Creating users.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::admin::Role;
use secrecy::ExposeSecret as _;

use crate::{
    domain::{
        api_keys::NewApiKey,
        users::{NewUser, Users},
    },
    graphql::{
        quota::input::QuotaInput,
        resolver::{context::ContextExt as _, error::Result, guard::AtLeast},
        types::{api_key::ApiKey, rate_limit::RateLimitInput, scalar::DateTime, user::User},
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

#[derive(Debug, Default)]
pub(crate) struct CreateUserMutation;

#[Object]
impl CreateUserMutation {
    /// Create a user together with a first key.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the user is like.")] input: CreateUserInput,
    ) -> Result<CreateUserPayload> {
        let (user, issued) = ctx.service::<Users>().create(input.read()?).await?;
        Ok(CreateUserPayload {
            user: User::from(user),
            api_key: ApiKey::from(issued.api_key),
            secret: issued.secret.expose_secret().to_owned(),
        })
    }
}
