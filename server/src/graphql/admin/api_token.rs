//! API tokens, with which scripts use this schema.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::api_token;
use secrecy::ExposeSecret as _;

use crate::{
    domain::api_tokens::ApiTokens,
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::list,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::scalar::DateTime,
    },
};

/// A credential for scripts that use this schema, sent as `Authorization: Bearer ppt_…`.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ApiToken {
    /// The token's id.
    id: ID,
    /// The purpose, as entered at creation.
    name: String,
    /// The token's role.
    role: Role,
    /// The first characters of the secret, to recognise it by.
    prefix: String,
    /// The last four characters of the secret, to recognise it by.
    last_four: String,
    /// The time of creation.
    created_at: DateTime,
    /// The time of the last use, to the minute.
    last_used_at: Option<DateTime>,
    /// The time at which it expires; null if it does not expire.
    expires_at: Option<DateTime>,
    /// The time of revocation; null if not revoked.
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

/// A new API token.
#[derive(InputObject)]
struct CreateApiTokenInput {
    /// The purpose, as entered at creation.
    name: String,
    /// The token's role.
    #[graphql(default_with = "Role::Admin")]
    role: Role,
    /// The time at which it expires; it does not expire when omitted.
    expires_at: Option<DateTime>,
}

/// A new API token and its secret, which is not shown again.
#[derive(SimpleObject)]
struct CreateApiTokenPayload {
    /// The token.
    api_token: ApiToken,
    /// The bearer token that the script sends.
    secret: String,
}

/// The result of `revokeApiToken`.
#[derive(SimpleObject)]
struct RevokeApiTokenPayload {
    /// The token.
    api_token: ApiToken,
}

#[derive(Debug, Default)]
pub(crate) struct ApiTokenQuery;

#[Object(guard = "Declared")]
impl ApiTokenQuery {
    /// All API tokens, newest first.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "list(10, child_complexity)"
    )]
    async fn api_tokens(&self, ctx: &Context<'_>) -> Result<Vec<ApiToken>> {
        let tokens = ctx.service::<ApiTokens>().list().await?;
        Ok(tokens.into_iter().map(ApiToken::from).collect())
    }
}

#[derive(Debug, Default)]
pub(crate) struct ApiTokenMutation;

#[Object(guard = "Declared")]
impl ApiTokenMutation {
    /// Create an API token.
    #[graphql(directive = requires_role::apply(Role::Owner))]
    async fn create_api_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The values to create it with.")] input: CreateApiTokenInput,
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
            api_token: ApiToken::from(created.api_token),
            secret: created.secret.expose_secret().to_owned(),
        })
    }

    /// Revoke an API token. It takes effect immediately and closes the token's open streams.
    #[graphql(directive = requires_role::apply(Role::Owner))]
    async fn revoke_api_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The API token's id.")] id: ID,
    ) -> Result<RevokeApiTokenPayload> {
        let id = input::id(&id, "API token")?;
        let api_token = ApiToken::from(ctx.service::<ApiTokens>().revoke(&ctx.audit(), id).await?);
        Ok(RevokeApiTokenPayload { api_token })
    }
}
