//! Revoking keys.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use uuid::Uuid;

use crate::{
    domain::users::api_keys::{ApiKeys, Revocation},
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::api_key::ApiKey,
    },
};

/// The result of `revokeApiKey`.
#[derive(SimpleObject)]
struct RevokeApiKeyPayload {
    /// The key.
    api_key: ApiKey,
}

/// The outcome for one id of `revokeApiKeys`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum RevokeApiKeyOutcome {
    /// The key was revoked now.
    Revoked,
    /// The key had been revoked before.
    AlreadyRevoked,
    /// There is no key with this id.
    NotFound,
}

/// The result for one id of `revokeApiKeys`.
#[derive(SimpleObject)]
struct RevokeApiKeyResult {
    /// The id, as it was given.
    id: ID,
    /// The outcome for this id.
    outcome: RevokeApiKeyOutcome,
    /// The key; null if there is none.
    api_key: Option<ApiKey>,
}

/// The result of `revokeApiKeys`.
#[derive(SimpleObject)]
struct RevokeApiKeysPayload {
    /// One result for each id, in the order of `ids`.
    results: Vec<RevokeApiKeyResult>,
}

#[derive(Debug, Default)]
pub(crate) struct RevokeApiKeyMutation;

#[Object(guard = "Declared")]
impl RevokeApiKeyMutation {
    /// Revoke a key. It takes effect immediately and aborts requests in flight.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key's id.")] id: ID,
        #[graphql(
            default = true,
            desc = "Whether to revoke the keys too that the user created with it: anyone who had the key could create them."
        )]
        with_created: bool,
    ) -> Result<RevokeApiKeyPayload> {
        let id = input::id(&id, "API key")?;
        let key = ctx
            .service::<ApiKeys>()
            .revoke(&ctx.audit(), id, with_created)
            .await?;
        Ok(RevokeApiKeyPayload {
            api_key: ApiKey::from(key),
        })
    }

    /// Revoke several keys in one transaction: all that are not revoked yet, or none if it fails. Unknown ids do not
    /// keep the others from being revoked. It takes effect immediately and aborts requests in flight.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn revoke_api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The keys' ids, at most 200.", validator(max_items = 200))] ids: Vec<ID>,
        #[graphql(
            default = true,
            desc = "Whether to revoke the keys too that the user created with them: anyone who had the key could create them."
        )]
        with_created: bool,
    ) -> Result<RevokeApiKeysPayload> {
        // An id in another format is the id of no key, as the nil id.
        let keys: Vec<Uuid> = ids
            .iter()
            .map(|id| id.parse().unwrap_or_default())
            .collect();
        let done = ctx
            .service::<ApiKeys>()
            .revoke_many(&ctx.audit(), &keys, with_created)
            .await?;
        let results = ids.into_iter().zip(done);
        let results = results.map(|(id, revocation)| RevokeApiKeyResult::new(id, revocation));
        Ok(RevokeApiKeysPayload {
            results: results.collect(),
        })
    }
}

impl RevokeApiKeyResult {
    fn new(id: ID, revocation: Revocation) -> Self {
        let (outcome, key) = match revocation {
            Revocation::Revoked(key) => (RevokeApiKeyOutcome::Revoked, Some(key)),
            Revocation::AlreadyRevoked(key) => (RevokeApiKeyOutcome::AlreadyRevoked, Some(key)),
            Revocation::NotFound => (RevokeApiKeyOutcome::NotFound, None),
        };
        Self {
            id,
            outcome,
            api_key: key.map(ApiKey::from),
        }
    }
}
