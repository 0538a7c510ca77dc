//! Limits on the use of accounts, and why an account is not used now.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use uuid::Uuid;

use super::account::ProviderAccount;
use crate::{
    domain::{
        Error,
        account_limits::{AccountLimits, AccountObstacle},
        provider_accounts::ProviderAccounts,
    },
    engine::EngineHandle,
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::scalar::DateTime,
    },
};

/// Why no requests are sent to an account now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum UnavailabilityReason {
    /// It is disabled, paused or removed.
    NotInUse,
    /// Its sign-in is lost, or its provider refuses it repeatedly.
    Failing,
    /// Its provider has refused a request for a while.
    Refused,
    /// A window has reached its stop line.
    Stopped,
    /// It serves as many requests as it may at a time.
    Busy,
    /// It needs an engine process of its own, and there are as many as `ENGINE_DEDICATED_MAX` allows.
    NoProcess,
}

/// Why no requests are sent to an account now.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AccountUnavailability {
    /// The reason.
    reason: UnavailabilityReason,
    /// The window that has reached its stop line; null for other reasons.
    window: Option<String>,
    /// When it is used again; null if that is not known.
    until: Option<DateTime>,
}

impl AccountUnavailability {
    pub(super) fn of(ctx: &Context<'_>, account: Uuid) -> Option<Self> {
        if ctx.service::<EngineHandle>().is_without_process(account) {
            return Some(Self {
                reason: UnavailabilityReason::NoProcess,
                window: None,
                until: None,
            });
        }
        let obstacle = ctx.service::<AccountLimits>().obstacle(account)?;
        Some(obstacle.into())
    }
}

impl From<AccountObstacle> for AccountUnavailability {
    fn from(obstacle: AccountObstacle) -> Self {
        let (reason, window, until) = match obstacle {
            AccountObstacle::NotInUse => (UnavailabilityReason::NotInUse, None, None),
            AccountObstacle::Failing(_) => (UnavailabilityReason::Failing, None, None),
            AccountObstacle::Refused(until) => (UnavailabilityReason::Refused, None, Some(until)),
            AccountObstacle::Stopped(stopped) => (
                UnavailabilityReason::Stopped,
                Some(stopped.name),
                Some(stopped.resets_at),
            ),
            AccountObstacle::Busy(_) => (UnavailabilityReason::Busy, None, None),
        };
        Self {
            reason,
            window,
            until: until.map(Into::into),
        }
    }
}

/// The result of `setStopLine`.
#[derive(SimpleObject)]
struct SetStopLinePayload {
    /// The account.
    account: ProviderAccount,
}

#[derive(Debug, Default)]
pub(crate) struct AccountLimitMutation;

#[Object(guard = "Declared")]
impl AccountLimitMutation {
    /// Set the used percentage of a window at which an account stops being used, or remove it. Running requests end. The account
    /// is used again when the window resets, or the line is raised. Requests for models that only stopped accounts have get HTTP
    /// 429 with the reset. Fails unless this server runs the engine and `ENGINE_DEDICATED_MAX` is above 0: the account gets an
    /// engine process of its own.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn set_stop_line(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id.")] account_id: ID,
        #[graphql(desc = "The name of a window that the provider has reported.")] window: String,
        #[graphql(desc = "1 to 100; null for no stop line.")] stop_at_percent: Option<i32>,
    ) -> Result<SetStopLinePayload> {
        let id = input::id(&account_id, "provider account")?;
        let accounts = ctx.service::<ProviderAccounts>();
        if stop_at_percent.is_some() {
            check_processes(ctx)?;
        }
        let audit = ctx.audit();
        let set = accounts.set_stop_line(&audit, id, &window, stop_at_percent);
        let account = ProviderAccount::from(set.await?);
        apply(ctx).await?;
        Ok(SetStopLinePayload { account })
    }
}

/// Fails unless accounts can have engine processes of their own.
pub(super) fn check_processes(ctx: &Context<'_>) -> Result<()> {
    if ctx.service::<EngineHandle>().may_have_dedicated() {
        return Ok(());
    }
    Err(Error::bad_input(
        "limits of accounts need engine processes of their own: let this server run the engine (ENGINE=managed), and set ENGINE_DEDICATED_MAX above 0",
    )
    .into())
}

/// Lets a change of limits hold from the next request on.
pub(super) async fn apply(ctx: &Context<'_>) -> Result<()> {
    ctx.service::<AccountLimits>().reload().await?;
    ctx.service::<EngineHandle>().apply_managed_accounts().await;
    Ok(())
}
