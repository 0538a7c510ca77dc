//! Updating accounts.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use secrecy::SecretString;

use super::{
    account::ProviderAccount,
    input::{HeaderInput, ProviderModelInput, headers, models},
    limit,
};
use crate::{
    domain::{
        Error,
        patch::Patch,
        provider_accounts::{ProviderAccountChanges, ProviderAccounts},
    },
    engine::EngineHandle,
    graphql::resolver::{
        audit, confirmation,
        context::ContextExt as _,
        error::Result,
        guard::Declared,
        input,
        role::{Role, requires_role},
    },
};

/// Changes to an account. Omitted fields stay as they are.
#[derive(InputObject)]
struct UpdateProviderAccountInput {
    /// The name.
    label: MaybeUndefined<String>,
    /// Whether it is in use.
    enabled: MaybeUndefined<bool>,
    /// The models that it offers; null for the provider's default list.
    models: MaybeUndefined<Vec<ProviderModelInput>>,
    /// The priority: -1000 to 1000. Accounts of a higher priority are used first.
    priority: MaybeUndefined<i32>,
    /// The weight among accounts of the same priority: 1 to 1000000.
    weight: MaybeUndefined<i32>,
    /// The prefix before a model name with which clients address this account alone; null for none.
    prefix: MaybeUndefined<String>,
    /// The most requests that it serves at a time: 1 to 10000; null for no limit. A limit needs an engine process of its own, as
    /// `setStopLine` does.
    max_concurrent_requests: MaybeUndefined<i32>,
    /// The proxy URL to the provider, stored encrypted because it may contain a password; `direct` for no
    /// proxy, null for the engine's default.
    #[graphql(secret)]
    proxy_url: MaybeUndefined<String>,
    /// A new API key. The account keeps its id and history.
    #[graphql(secret)]
    api_key: MaybeUndefined<String>,
    /// The provider's base URL; null for its default.
    // It can contain a password.
    #[graphql(secret)]
    base_url: MaybeUndefined<String>,
    /// Additional request headers, which replace all earlier ones; null for none.
    headers: MaybeUndefined<Vec<HeaderInput>>,
}

/// The result of `updateProviderAccount`.
#[derive(SimpleObject)]
struct UpdateProviderAccountPayload {
    /// The account.
    account: ProviderAccount,
}

/// The result of `resetProviderCooldown`.
#[derive(SimpleObject)]
struct ResetProviderCooldownPayload {
    /// The account; null if it was removed concurrently.
    account: Option<ProviderAccount>,
}

/// The result of `resumeProviderAccount`.
#[derive(SimpleObject)]
struct ResumeProviderAccountPayload {
    /// The account.
    account: ProviderAccount,
}

impl UpdateProviderAccountInput {
    fn read(self) -> Result<ProviderAccountChanges> {
        let api_key = input::change("apiKey", self.api_key)?;
        Ok(ProviderAccountChanges {
            label: input::change("label", self.label)?,
            enabled: input::change("enabled", self.enabled)?,
            models: input::patch(self.models.map_value(models)),
            priority: input::change("priority", self.priority)?,
            weight: input::change("weight", self.weight)?,
            prefix: input::patch(self.prefix),
            max_concurrent_requests: input::patch(self.max_concurrent_requests),
            proxy_url: input::patch(self.proxy_url.map_value(SecretString::from)),
            api_key: api_key.map(Into::into),
            base_url: input::patch(self.base_url),
            headers: input::patch(self.headers.map_value(headers)),
            is_confirmed: false,
        })
    }
}

#[derive(Debug, Default)]
pub(crate) struct UpdateProviderMutation;

#[Object(guard = "Declared")]
impl UpdateProviderMutation {
    /// Update an account. A change that would send the stored secret to another destination (another
    /// `baseUrl`, other `headers`, a proxy that can read it) requires `apiKey` in the same change, or an
    /// owner's password.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn update_provider_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id.")] id: ID,
        #[graphql(desc = "The changes.")] input: UpdateProviderAccountInput,
        #[graphql(
            secret,
            desc = "The caller's password, with which an owner confirms that the stored secret is sent to another destination."
        )]
        password: Option<String>,
        #[graphql(
            desc = "The `version` that the change is based on; `CONFLICT` if it is another one now. Omit it to change the present state, whichever it is."
        )]
        expected_version: Option<i32>,
    ) -> Result<UpdateProviderAccountPayload> {
        let id = input::id(&id, "provider account")?;
        let mut changes = input.read()?;
        let is_limited = changes.max_concurrent_requests != Patch::Keep;
        if matches!(changes.max_concurrent_requests, Patch::Set(_)) {
            limit::check_processes(ctx)?;
        }
        if let Some(password) = password {
            if ctx.session()?.admin.role < Role::Owner.into() {
                return Err(Error::Forbidden.into());
            }
            confirmation::confirm(ctx, password.into()).await?;
            changes.is_confirmed = true;
        }
        let accounts = ctx.service::<ProviderAccounts>();
        let audit = ctx.audit();
        let updated = accounts.update(&audit, id, expected_version, changes);
        let account = ProviderAccount::from(updated.await?);
        if is_limited {
            limit::apply(ctx).await?;
        }
        Ok(UpdateProviderAccountPayload { account })
    }

    /// Use a paused account again. If its provider still rejects the credentials, it is paused again. An account that
    /// is not paused stays as it is.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn resume_provider_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id.")] id: ID,
    ) -> Result<ResumeProviderAccountPayload> {
        let id = input::id(&id, "provider account")?;
        let accounts = ctx.service::<ProviderAccounts>();
        let account = ProviderAccount::from(accounts.resume(&ctx.audit(), id).await?);
        Ok(ResumeProviderAccountPayload { account })
    }

    /// End the cooldown of an account, so that the engine uses it again immediately.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn reset_provider_cooldown(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id.")] id: ID,
    ) -> Result<ResetProviderCooldownPayload> {
        let id = input::id(&id, "provider account")?;
        ctx.audit().about(ProviderAccounts::subject_of(id));
        let account = ctx.service::<ProviderAccounts>().get(id).await?;
        if account.paused_at.is_some() {
            let message = "the account is paused; resume it instead";
            return Err(Error::bad_input(message).into());
        }
        let credential = ctx.service::<ProviderAccounts>().credential(id).await?;
        ctx.service::<EngineHandle>()
            .reset_cooldown(&credential)
            .await?;
        ctx.service::<ProviderAccounts>().clear_failures(id).await?;
        let account = ctx.service::<ProviderAccounts>().find_many(&[id]).await?;
        let account = account.into_iter().next();
        if let Some(account) = &account {
            ctx.audit().about(ProviderAccounts::subject(account));
        }
        audit::record(ctx).await?;
        let account = account.map(ProviderAccount::from);
        Ok(ResetProviderCooldownPayload { account })
    }
}
