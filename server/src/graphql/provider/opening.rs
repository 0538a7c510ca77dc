//! Opening the usage windows of accounts on time.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use entity::window_opening;

use super::account::ProviderAccount;
use crate::{
    domain::{
        provider_accounts::ProviderAccounts,
        window_openings::{OpeningSchedule, WindowOpenings, clock_time},
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::one,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::scalar::DateTime,
    },
};

/// How an opening of a window ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::window_opening::OpeningOutcome")]
enum WindowOpeningOutcome {
    /// The provider answered the request.
    Opened,
    /// No request was sent: a window was running, or the account was not in use.
    Skipped,
    /// The request failed. It is not repeated before the next time.
    Failed,
}

/// When the server opens the usage window of an account with a request of its own.
#[derive(Clone, Debug, SimpleObject)]
struct WindowOpeningSchedule {
    /// The local times of day, as `07:00`, in order.
    times: Vec<String>,
    /// The time zone of the times: an IANA name.
    timezone: String,
    /// The model of the request.
    model: String,
    /// How the last opening ended; null before the first one of this schedule.
    last_outcome: Option<WindowOpeningOutcome>,
    /// The time for which the last opening was scheduled; null before the first one of this schedule.
    last_at: Option<DateTime>,
    /// Why the last one was skipped or failed; null otherwise.
    last_reason: Option<String>,
}

impl From<window_opening::Model> for WindowOpeningSchedule {
    fn from(row: window_opening::Model) -> Self {
        let last_at = row.begun_at.filter(|_| row.outcome.is_some());
        Self {
            times: row.times.0.into_iter().map(clock_time).collect(),
            timezone: row.timezone,
            model: row.model,
            last_outcome: row.outcome.map(Into::into),
            last_at: last_at.map(Into::into),
            last_reason: row.reason,
        }
    }
}

/// When to open the usage window of an account.
#[derive(InputObject)]
struct WindowOpeningsInput {
    /// Local times of day as `07:00`: 1 to 6.
    #[graphql(validator(max_items = 50))]
    times: Vec<String>,
    /// The time zone of the times: an IANA name.
    timezone: String,
    /// The model of the request: 1 to 200 characters. The cheapest one opens the same window as any other.
    model: String,
}

/// The result of `setWindowOpenings`.
#[derive(SimpleObject)]
struct SetWindowOpeningsPayload {
    /// The account.
    account: ProviderAccount,
}

#[derive(Debug, Default)]
pub(crate) struct WindowOpeningQuery;

#[Object(guard = "Declared")]
impl WindowOpeningQuery {
    /// When the server opens the usage window of an account with a request of its own; null if it does not.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "one(child_complexity)"
    )]
    async fn window_openings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id.")] account_id: ID,
    ) -> Result<Option<WindowOpeningSchedule>> {
        let id = input::id(&account_id, "provider account")?;
        let found = ctx.service::<WindowOpenings>().find(id).await?;
        Ok(found.map(WindowOpeningSchedule::from))
    }
}

#[derive(Debug, Default)]
pub(crate) struct WindowOpeningMutation;

#[Object(guard = "Declared")]
impl WindowOpeningMutation {
    /// Set the times of day at which the server opens the usage window of a signed-in account: it sends one request of a few
    /// tokens, unless a window runs. Off unless set. Each opening is in the audit log (`openWindow`). Whether the provider allows
    /// it is in its terms. `BAD_USER_INPUT` for accounts that cannot be tested.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn set_window_openings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id.")] account_id: ID,
        #[graphql(desc = "The times, which replace the present ones; null for none.")]
        input: Option<WindowOpeningsInput>,
    ) -> Result<SetWindowOpeningsPayload> {
        let id = input::id(&account_id, "provider account")?;
        let schedule = input.map(|input| OpeningSchedule {
            times: input.times,
            timezone: input.timezone,
            model: input.model,
        });
        let openings = ctx.service::<WindowOpenings>();
        openings.set(&ctx.audit(), id, schedule).await?;
        let account = ctx.service::<ProviderAccounts>().get(id).await?;
        Ok(SetWindowOpeningsPayload {
            account: account.into(),
        })
    }
}
