//! Asking providers how our accounts are.

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::admin::Role;

use super::account::{ProviderAccount, ProviderKind};
use crate::{
    checkup::{Checked, Checkup},
    domain::{
        Error,
        provider_accounts::{AccountStatus, ProviderAccounts},
    },
    engine::EngineHandle,
    graphql::resolver::{audit, context::ContextExt as _, error::Result, guard::AtLeast, input},
};

/// How an account was found to be.
#[derive(SimpleObject)]
struct AccountHealth {
    /// The account, with what was found.
    account: ProviderAccount,
    /// Whether nothing speaks against using it.
    healthy: bool,
    /// What speaks against it, or why it could not be asked after, in words.
    error: Option<String>,
}

/// Accounts were asked after.
#[derive(SimpleObject)]
struct CheckProviderHealthPayload {
    /// One for each account in use.
    results: Vec<AccountHealth>,
}

/// The health's part of the changes.
#[derive(Debug, Default)]
pub(crate) struct ProviderHealthMutation;

#[Object]
impl ProviderHealthMutation {
    /// Ask providers, through the engine, whether our accounts there are in order, and what of their
    /// subscriptions is used. It costs no tokens. Without an argument all accounts in use are asked after;
    /// who was half a minute ago is not again. `accountCheckMinutes` of the settings does it regularly.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn check_provider_health(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only the accounts at this provider.")] kind: Option<ProviderKind>,
        #[graphql(desc = "Only this account.")] account_id: Option<ID>,
    ) -> Result<CheckProviderHealthPayload> {
        let checkup = ctx.service::<Checkup>();
        let checked = match (kind, account_id) {
            (Some(_), Some(_)) => {
                return Err(Error::bad_input("give kind or accountId, not both").into());
            }
            (kind, None) => checkup.check_all(kind.map(Into::into)).await?,
            (None, Some(id)) => {
                let id = input::id(&id, "provider account")?;
                ctx.audit().about(ProviderAccounts::subject_of(id));
                let checked = checkup.check_account(id).await?;
                ctx.audit()
                    .about(ProviderAccounts::subject(&checked.account));
                vec![checked]
            }
        };
        audit::record(ctx).await?;
        let told = ctx.service::<EngineHandle>().accounts().await;
        let health = |checked: Checked| {
            let book = ctx.service::<ProviderAccounts>();
            let state = book.state(&checked.account, told.as_deref());
            let is_active = state.status == AccountStatus::Active;
            let refusal = checked.refusal.map(|refusal| refusal.to_string());
            AccountHealth {
                healthy: is_active && refusal.is_none(),
                error: refusal.or(state.reason),
                account: ProviderAccount(checked.account),
            }
        };
        let results = checked.into_iter().map(health).collect();
        Ok(CheckProviderHealthPayload { results })
    }
}
