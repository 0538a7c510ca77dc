//! The history of usage windows.

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::window_reading;

use super::window::SubscriptionWindow;
use crate::{
    domain::{
        provider_accounts::ProviderAccounts,
        window_readings::{MAX_HISTORY, WindowHistory as History},
    },
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

/// Windows of most subscriptions.
const TYPICAL_WINDOWS: usize = 4;

/// A level of a usage window at a time.
#[derive(Clone, Debug, SimpleObject)]
struct WindowReading {
    /// The time at which the provider reported it.
    observed_at: DateTime,
    /// The used share of the window, in percent: 0 to 100.
    used_percent: i32,
    /// The time at which the window was to reset; null if nothing of it was used.
    resets_at: Option<DateTime>,
}

impl From<window_reading::Model> for WindowReading {
    fn from(row: window_reading::Model) -> Self {
        Self {
            observed_at: row.observed_at.into(),
            used_percent: row.used_percent.into(),
            resets_at: row.resets_at.map(Into::into),
        }
    }
}

/// The levels of a usage window over time.
#[derive(Debug, SimpleObject)]
struct WindowHistory {
    /// The provider's name of the window, such as `five_hour` or `seven_day`.
    name: String,
    /// Its levels, oldest first: one for each change.
    readings: Vec<WindowReading>,
}

impl From<History> for WindowHistory {
    fn from(history: History) -> Self {
        Self {
            name: history.name,
            readings: history.readings.into_iter().map(Into::into).collect(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct WindowHistoryQuery;

#[Object(guard = "Declared")]
impl WindowHistoryQuery {
    /// The levels of the usage windows of a subscription, by the name of the window: from the answers to requests and from
    /// checks. Of more than 800 in all, the newest. They are kept for 90 days.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "list(MAX_HISTORY, child_complexity)"
    )]
    async fn window_history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] account_id: ID,
        #[graphql(desc = "The start of the period.")] since: DateTime,
    ) -> Result<Vec<WindowHistory>> {
        let id = input::id(&account_id, "accountId")?;
        let windows = ctx.service::<ProviderAccounts>().windows();
        let history = windows.history(id, since.into()).await?;
        Ok(history.into_iter().map(Into::into).collect())
    }
    /// The usage windows of a subscription, as the provider last reported them; empty for an unknown account.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "list(TYPICAL_WINDOWS, child_complexity)"
    )]
    async fn account_windows(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] account_id: ID,
    ) -> Result<Vec<SubscriptionWindow>> {
        let id = input::id(&account_id, "accountId")?;
        let accounts = ctx.service::<ProviderAccounts>().find_many(&[id]).await?;
        let Some(account) = accounts.into_iter().next() else {
            return Ok(Vec::new());
        };
        let lines = account.stop_lines.as_ref();
        let windows = account.windows.into_iter();
        let windows = windows.flat_map(|reported| reported.windows);
        Ok(windows
            .map(|window| SubscriptionWindow::new(id, window, lines))
            .collect())
    }
}
