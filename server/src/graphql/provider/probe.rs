//! Requests to providers that an administrator asks for: a test of an account with a model, and a list of models.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::{
    account::ProviderAccount,
    input::{HeaderInput, headers},
};
use crate::{
    checkup::Checkup,
    domain::provider_accounts::{NewProviderApiKey, ProviderAccounts},
    graphql::{
        resolver::{
            audit,
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::{provider::ProviderKind, scalar::int},
    },
};

/// The result of `testProviderAccount`.
#[derive(SimpleObject)]
struct TestProviderAccountPayload {
    /// The account.
    account: ProviderAccount,
    /// Whether the model answered.
    succeeded: bool,
    /// The HTTP status; null if the provider did not answer within 45 seconds.
    status: Option<i32>,
    /// The time until the whole response, in milliseconds.
    latency_ms: i32,
    /// The provider's error message, without secrets: up to 500 characters. Null after a success, or if it sent none.
    message: Option<String>,
}

/// The result of `fetchModels`.
#[derive(SimpleObject)]
struct FetchModelsPayload {
    /// The provider's names of the models, sorted: at most 500.
    models: Vec<String>,
    /// Whether the provider lists more models.
    has_more: bool,
}

/// A key whose models are listed.
#[derive(InputObject)]
struct FetchModelsInput {
    /// The provider of the key.
    kind: ProviderKind,
    /// The API key. It is not stored.
    #[graphql(secret)]
    api_key: String,
    /// The provider's base URL; its default when omitted. Link-local addresses are refused.
    // It can contain a password.
    #[graphql(secret)]
    base_url: Option<String>,
    /// Additional request headers.
    headers: Option<Vec<HeaderInput>>,
}

impl From<FetchModelsInput> for NewProviderApiKey {
    fn from(input: FetchModelsInput) -> Self {
        Self {
            kind: input.kind.into(),
            api_key: input.api_key.into(),
            label: None,
            base_url: input.base_url,
            headers: headers(input.headers.unwrap_or_default()),
            models: Vec::new(),
            prefix: None,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct ProviderProbeMutation;

#[Object(guard = "Declared")]
impl ProviderProbeMutation {
    /// Test an account with a real model: send one request of a few tokens to its provider, with its credential and proxy.
    /// The provider bills it; it is charged to no user, and no other account is used. A failure is kept as the
    /// account's `lastError`. Google sign-ins and Kimi cannot be tested: `BAD_USER_INPUT`.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn test_provider_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id.")] id: ID,
        #[graphql(desc = "The model, as the account offers it: 1 to 200 characters.")]
        model: String,
    ) -> Result<TestProviderAccountPayload> {
        let id = input::id(&id, "provider account")?;
        ctx.audit().about(ProviderAccounts::subject_of(id));
        let tested = ctx.service::<Checkup>().test_model(id, &model).await?;
        ctx.audit()
            .about(ProviderAccounts::subject(&tested.account));
        audit::record(ctx).await?;
        let latency = i64::try_from(tested.latency.as_millis()).unwrap_or(i64::MAX);
        Ok(TestProviderAccountPayload {
            account: ProviderAccount::from(tested.account),
            succeeded: tested.succeeded,
            status: tested.status.map(Into::into),
            latency_ms: int(latency),
            message: tested.message,
        })
    }

    /// List the models of a provider with an API key, before it is added as an account. It consumes no tokens, and
    /// nothing is stored. Fails with `PROVIDER_ERROR` and the provider's message if it rejects the key.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn fetch_models(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key and where it is used.")] input: FetchModelsInput,
    ) -> Result<FetchModelsPayload> {
        let found = ctx.service::<Checkup>().fetch_models(input.into()).await;
        let (models, has_more) = found?;
        audit::record(ctx).await?;
        Ok(FetchModelsPayload { models, has_more })
    }
}
