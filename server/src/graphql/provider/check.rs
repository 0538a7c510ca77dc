//! Health checks of accounts.

use async_graphql::{Context, ID, Object, SimpleObject};

use super::account::ProviderAccount;
use crate::{
    checkup::{Checked, Checkup},
    domain::{
        Error,
        provider_accounts::{AccountStatus, ProviderAccounts},
    },
    engine::EngineHandle,
    graphql::{
        resolver::{
            audit,
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::provider::ProviderKind,
    },
};

/// The result of an account's health check.
#[derive(SimpleObject)]
struct AccountHealth {
    /// The checked account.
    account: ProviderAccount,
    /// Whether no problem was found.
    healthy: bool,
    /// The problem, or why the check could not be made; null if healthy.
    error: Option<String>,
}

/// The result of `checkProviderHealth`.
#[derive(SimpleObject)]
struct CheckProviderHealthPayload {
    /// One result per enabled account.
    results: Vec<AccountHealth>,
}

#[derive(Debug, Default)]
pub(crate) struct ProviderHealthMutation;

#[Object(guard = "Declared")]
impl ProviderHealthMutation {
    /// Check the health of accounts and the usage of their subscriptions with the providers, through the
    /// engine. It consumes no tokens. Without arguments all enabled accounts are checked; one that was
    /// checked less than 30 seconds ago is not checked again. The setting `accountCheckMinutes` schedules
    /// regular checks.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn check_provider_health(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Check only the accounts of this provider.")] kind: Option<ProviderKind>,
        #[graphql(desc = "Check only the account with this id.")] account_id: Option<ID>,
    ) -> Result<CheckProviderHealthPayload> {
        let checkup = ctx.service::<Checkup>();
        let checked = match (kind, account_id) {
            (Some(_), Some(_)) => {
                return Err(Error::bad_input("set either kind or accountId, not both").into());
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
        let reported = ctx.service::<EngineHandle>().accounts().await;
        let health = |checked: Checked| {
            let accounts = ctx.service::<ProviderAccounts>();
            let state = accounts.state(&checked.account, reported.as_deref());
            let is_active = state.status == AccountStatus::Active;
            let refusal = checked.refusal.map(|refusal| refusal.to_string());
            AccountHealth {
                healthy: is_active && refusal.is_none(),
                error: refusal.or(state.reason),
                account: ProviderAccount::from(checked.account),
            }
        };
        let results = checked.into_iter().map(health).collect();
        Ok(CheckProviderHealthPayload { results })
    }
}
