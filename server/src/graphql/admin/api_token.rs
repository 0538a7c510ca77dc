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

/// An API token.
#[derive(Clone, Debug)]
pub(crate) struct ApiToken(pub(crate) api_token::Model);

/// A script's key for this schema, sent as `Authorization: Bearer ppt_…`.
#[Object]
impl ApiToken {
    /// The token's id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What it is for.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it may do.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// How it begins, to recognise it by.
    async fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// How it ends, to recognise it by.
    async fn last_four(&self) -> &str {
        &self.0.last_four
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last used, to the minute.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(Into::into)
    }

    /// When it ends of itself; null for never.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(Into::into)
    }

    /// When it was revoked, if it was.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(Into::into)
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
        Ok(tokens.into_iter().map(ApiToken).collect())
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
            .create(
                &ctx.audit(),
                &input.name,
                role,
                input.expires_at.map(Into::into),
            )
            .await?;
        Ok(CreateApiTokenPayload {
            api_token: ApiToken(created.api_token),
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
        let api_token = ApiToken(ctx.service::<ApiTokens>().revoke(&ctx.audit(), id).await?);
        Ok(RevokeApiTokenPayload { api_token })
    }
}
