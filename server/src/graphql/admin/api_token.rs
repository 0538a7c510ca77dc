//! API tokens, with which scripts use this schema.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::{admin, api_token};
use secrecy::ExposeSecret as _;

use super::list::Role;
use crate::{
    domain::api_tokens::ApiTokens,
    graphql::{
        resolver::{context::ContextExt as _, cost::list, error::Result, guard::AtLeast, input},
        types::scalar::DateTime,
    },
};

/// A script's key for this schema, sent as `Authorization: Bearer ppt_…`.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ApiToken {
    /// The token's id.
    id: ID,
    /// What it is for.
    name: String,
    /// What it may do.
    role: Role,
    /// How it begins, to recognise it by.
    prefix: String,
    /// How it ends, to recognise it by.
    last_four: String,
    /// When it was created.
    created_at: DateTime,
    /// When it was last used, to the minute.
    last_used_at: Option<DateTime>,
    /// When it ends of itself; null for never.
    expires_at: Option<DateTime>,
    /// When it was revoked, if it was.
    revoked_at: Option<DateTime>,
}

impl From<api_token::Model> for ApiToken {
    fn from(row: api_token::Model) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            role: row.role.into(),
            prefix: row.prefix,
            last_four: row.last_four,
            created_at: row.created_at.into(),
            last_used_at: row.last_used_at.map(Into::into),
            expires_at: row.expires_at.map(Into::into),
            revoked_at: row.revoked_at.map(Into::into),
        }
    }
}

/// What a new API token is like.
#[derive(InputObject)]
struct CreateApiTokenInput {
    /// What it is for.
    name: String,
    /// What it may do.
    #[graphql(default_with = "Role::Admin")]
    role: Role,
    /// When it ends of itself; never when left out.
    expires_at: Option<DateTime>,
}

/// A new API token with its secret, which is shown this once.
#[derive(SimpleObject)]
struct CreateApiTokenPayload {
    /// The token.
    api_token: ApiToken,
    /// What the script sends.
    secret: String,
}

/// An API token was revoked.
#[derive(SimpleObject)]
struct RevokeApiTokenPayload {
    /// The token.
    api_token: ApiToken,
}

/// The API tokens' part of the queries.
#[derive(Debug, Default)]
pub(crate) struct ApiTokenQuery;

#[Object]
impl ApiTokenQuery {
    /// All API tokens, the newest first.
    #[graphql(
        guard = "AtLeast(admin::Role::Viewer)",
        complexity = "list(10, child_complexity)"
    )]
    async fn api_tokens(&self, ctx: &Context<'_>) -> Result<Vec<ApiToken>> {
        let tokens = ctx.service::<ApiTokens>().list().await?;
        Ok(tokens.into_iter().map(ApiToken::from).collect())
    }
}

/// The API tokens' part of the changes.
#[derive(Debug, Default)]
pub(crate) struct ApiTokenMutation;

#[Object]
impl ApiTokenMutation {
    /// Create an API token.
    #[graphql(guard = "AtLeast(admin::Role::Owner)")]
    async fn create_api_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is like.")] input: CreateApiTokenInput,
    ) -> Result<CreateApiTokenPayload> {
        let role = input.role.into();
        let api_tokens = ctx.service::<ApiTokens>();
        let created = api_tokens
            .create(&input.name, role, input.expires_at.map(Into::into))
            .await?;
        Ok(CreateApiTokenPayload {
            api_token: ApiToken::from(created.api_token),
            secret: created.secret.expose_secret().to_owned(),
        })
    }

    /// Revoke an API token at once.
    #[graphql(guard = "AtLeast(admin::Role::Owner)")]
    async fn revoke_api_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which API token.")] id: ID,
    ) -> Result<RevokeApiTokenPayload> {
        let id = input::id(&id, "API token")?;
        let api_token = ApiToken::from(ctx.service::<ApiTokens>().revoke(id).await?);
        Ok(RevokeApiTokenPayload { api_token })
    }
}
