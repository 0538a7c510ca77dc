//! Issuing and rotating keys: what shows a secret.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::TimeDelta;
use entity::admin::Role;
use secrecy::ExposeSecret as _;

use crate::{
    domain::api_keys::{ApiKeys, NewApiKey},
    graphql::{
        resolver::{context::ContextExt as _, error::Result, guard::AtLeast, input},
        types::{api_key::ApiKey, scalar::DateTime},
    },
};

/// What a new key is like.
#[derive(InputObject)]
struct IssueApiKeyInput {
    /// Whose it is.
    user_id: ID,
    /// What it is called; `default` when left out.
    name: Option<String>,
    /// When it ends of itself; never when left out.
    expires_at: Option<DateTime>,
    /// The models that it opens, `*` standing for anything; all that the user may use when left out.
    allowed_models: Option<Vec<String>>,
}

/// A new key with its secret, which is shown this once.
#[derive(SimpleObject)]
struct IssueApiKeyPayload {
    /// The key.
    api_key: ApiKey,
    /// What the user's tools send.
    secret: String,
}

/// A key was replaced by a new one, whose secret is shown this once.
#[derive(SimpleObject)]
struct RotateApiKeyPayload {
    /// The new key.
    api_key: ApiKey,
    /// What the user's tools send from now on.
    secret: String,
    /// The old key.
    replaced: ApiKey,
}

#[derive(Debug, Default)]
pub(crate) struct IssueApiKeyMutation;

#[Object]
impl IssueApiKeyMutation {
    /// Issue a further key to a user.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn issue_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is like.")] input: IssueApiKeyInput,
    ) -> Result<IssueApiKeyPayload> {
        let user_id = input::id(&input.user_id, "user")?;
        let new = NewApiKey {
            name: input.name,
            expires_at: input.expires_at.map(Into::into),
            allowed_models: input.allowed_models,
            ..NewApiKey::default()
        };
        let issued = ctx.service::<ApiKeys>().issue(user_id, new).await?;
        Ok(IssueApiKeyPayload {
            api_key: ApiKey::from(issued.api_key),
            secret: issued.secret.expose_secret().to_owned(),
        })
    }

    /// Replace a key by a new one like it. The old one dies at once, or after a grace period.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn rotate_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which key.")] id: ID,
        #[graphql(default = 0, desc = "How long the old one works on, at most 30 days.")]
        grace_seconds: i32,
    ) -> Result<RotateApiKeyPayload> {
        let id = input::id(&id, "API key")?;
        let grace = TimeDelta::seconds(grace_seconds.into());
        let (issued, replaced) = ctx.service::<ApiKeys>().rotate(id, grace).await?;
        Ok(RotateApiKeyPayload {
            api_key: ApiKey::from(issued.api_key),
            secret: issued.secret.expose_secret().to_owned(),
            replaced: ApiKey::from(replaced),
        })
    }
}
