//! Usage windows: the provider's readings, what is estimated between them, and who used what.

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use entity::provider_account::{self, StopLines};
use uuid::Uuid;

use crate::{
    domain::{
        Error,
        provider_accounts::ProviderAccounts,
        windows::{self, Cycle, Outlook, Prediction, UserUsage, WindowUsage},
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{BATCHED, QUERY},
            error::Result,
            loaders::UserId,
        },
        types::{
            scalar::{DateTime, int},
            user::User,
        },
    },
};

/// Users in one answer.
const MAX_PARTS: usize = 100;

/// A usage window of a subscription.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct SubscriptionWindow {
    #[graphql(skip)]
    account_id: Uuid,
    /// The provider's name of the window, such as `five_hour` or `seven_day`.
    name: String,
    /// The used share of the window, in percent, as the provider last reported it: 0 to 100.
    used_percent: i32,
    /// The time at which the window resets; null while nothing of it is used.
    resets_at: Option<DateTime>,
    /// The length of the window, in seconds; null if unknown.
    length_seconds: Option<i32>,
    /// The used percentage at which the account stops being used until the window resets: 1 to 100; null for none. It has no
    /// effect on a window without `lengthSeconds` or `resetsAt`.
    stop_at_percent: Option<i32>,
}

impl SubscriptionWindow {
    pub(super) fn new(
        account_id: Uuid,
        window: provider_account::SubscriptionWindow,
        lines: Option<&StopLines>,
    ) -> Self {
        let line = lines.and_then(|lines| lines.0.get(&window.name));
        Self {
            account_id,
            stop_at_percent: line.map(|percent| i32::from(*percent)),
            name: window.name,
            used_percent: window.used_percent,
            resets_at: window.resets_at.map(Into::into),
            length_seconds: window
                .length_seconds
                .and_then(|seconds| i32::try_from(seconds).ok()),
        }
    }
}

#[ComplexObject]
impl SubscriptionWindow {
    /// The estimate between the provider's readings; null if nothing is known of the window.
    #[graphql(complexity = "child_complexity + 4 * BATCHED")]
    async fn estimate(&self, ctx: &Context<'_>) -> Result<Option<WindowEstimate>> {
        let usage = usage(ctx);
        let status = usage.window(self.account_id, &self.name).await?;
        Ok(status.map(|status| WindowEstimate::from(status.outlook)))
    }

    /// The users whose requests used the window since it began, the greatest part first. Their percentages and
    /// `estimate.outsidePercent` add up to `estimate.level`.
    #[graphql(complexity = "length(first) * (child_complexity + BATCHED)")]
    #[expect(clippy::unused_async, reason = "resolvers are")]
    async fn used_by(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of users: 1 to 100.", default = 10)] first: i32,
    ) -> Result<Vec<WindowPart>> {
        let first = usize::try_from(first).unwrap_or_default();
        if !(1..=MAX_PARTS).contains(&first) {
            let message = format!("first must be between 1 and {MAX_PARTS}");
            return Err(Error::BadInput(message).into());
        }
        let users = usage(ctx).users(self.account_id, &self.name).into_iter();
        Ok(users.take(first).map(WindowPart::from).collect())
    }

    /// The cycles of the window that are over, the latest first. They are kept for 90 days.
    #[graphql(complexity = "length(first) * child_complexity + QUERY")]
    async fn cycles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of cycles: 1 to 100.", default = 10)] first: i32,
    ) -> Result<Vec<WindowCycle>> {
        let cycles = usage(ctx).cycles(self.account_id, &self.name, first);
        Ok(cycles.await?.into_iter().map(WindowCycle::from).collect())
    }
}

fn usage<'a>(ctx: &'a Context<'_>) -> &'a WindowUsage {
    ctx.service::<ProviderAccounts>().windows().usage()
}

fn length(first: i32) -> usize {
    usize::try_from(first).unwrap_or_default().min(MAX_PARTS)
}

/// The estimate of a window between the provider's readings. A unit is what one US dollar buys at the list prices
/// of the provider's API.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct WindowEstimate {
    /// The used share of the window now, in percent: 0 to 100. Requests count as they end; each reading corrects it.
    level: f64,
    /// The time at which the provider last reported the window; null if it never did.
    read_at: Option<DateTime>,
    /// Units that one percent of the window buys, for the recent mix of tokens; null while `doubt` is above 0.15, and
    /// before two comparisons of readings with requests.
    units_per_percent: Option<f64>,
    /// The relative standard deviation of `unitsPerPercent`, such as 0.05; null while nothing is known.
    doubt: Option<f64>,
    /// The part of `level` that was used elsewhere, in percent of the window; null while `unitsPerPercent` is.
    outside_percent: Option<f64>,
    /// How fast the window is used: the used part divided by the part of the usual activity of a cycle that is over.
    /// Below 0.9 is slow, above 1.1 fast. Null early in a cycle.
    pace: Option<f64>,
    /// When the window is likely to be used up; at most 30 seconds old.
    forecast: WindowForecast,
}

impl From<Outlook> for WindowEstimate {
    fn from(outlook: Outlook) -> Self {
        Self {
            level: outlook.level,
            read_at: outlook.read_at.map(Into::into),
            units_per_percent: outlook.units_per_percent,
            doubt: outlook.doubt,
            outside_percent: outlook.outside_percent,
            pace: outlook.prediction.pace,
            forecast: outlook.prediction.into(),
        }
    }
}

/// When a window is likely to be used up, or why that is not said. The times are null if they are not before the reset.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct WindowForecast {
    /// The probability that the window is used up before its reset: 0 to 1. Null if it is withheld.
    probability: Option<f64>,
    /// The time before which it is used up with a probability of 10 %.
    earliest: Option<DateTime>,
    /// The time before which it is used up with a probability of 50 %.
    likely: Option<DateTime>,
    /// The time before which it is used up with a probability of 90 %.
    latest: Option<DateTime>,
    /// The level at the reset, in percent, that is exceeded with a probability of 90 %; null if it is withheld.
    lowest_level: Option<f64>,
    /// The level at the reset, in percent, that is exceeded with a probability of 10 %; null if it is withheld.
    highest_level: Option<f64>,
    /// Why there is no forecast; null if there is one.
    withheld_because: Option<WithheldReason>,
}

impl From<Prediction> for WindowForecast {
    fn from(prediction: Prediction) -> Self {
        let forecast = prediction.forecast.ok();
        let time = |minutes: Option<f64>| minutes.map(|minutes| prediction.after(minutes).into());
        Self {
            probability: forecast.map(|forecast| forecast.probability),
            earliest: forecast.and_then(|forecast| time(forecast.earliest)),
            likely: forecast.and_then(|forecast| time(forecast.likely)),
            latest: forecast.and_then(|forecast| time(forecast.latest)),
            lowest_level: forecast.map(|forecast| forecast.lowest_level),
            highest_level: forecast.map(|forecast| forecast.highest_level),
            withheld_because: prediction.forecast.err().map(Into::into),
        }
    }
}

/// Why there is no forecast of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "windows::WithheldReason")]
pub(crate) enum WithheldReason {
    /// It is not known well enough what one percent of the window buys.
    Learning,
    /// The last reading is older than 15 minutes, and more than 2 % were used since.
    NoRecentReading,
    /// The window began less than 15 minutes ago, or less than 5 % of it are used.
    TooEarly,
    /// Nothing of the window is used, or the provider does not report its length or reset.
    NotStarted,
    /// The account is disabled or paused.
    AccountNotInUse,
    /// The window is used up.
    UsedUp,
}

/// A user's part of a window since it began.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct WindowPart {
    #[graphql(skip)]
    user_id: Uuid,
    /// Units that the user's requests used.
    units: f64,
    /// The same in percent of the window; null while it is not known what one percent buys.
    percent: Option<f64>,
}

impl From<UserUsage> for WindowPart {
    fn from(user: UserUsage) -> Self {
        Self {
            user_id: user.user_id,
            units: user.units.total(),
            percent: user.percent,
        }
    }
}

#[ComplexObject]
impl WindowPart {
    /// The user; null for users beyond the first 1000 of a cycle, together.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let user = ctx.loader().load_one(UserId(self.user_id)).await?;
        Ok(user.map(User::from))
    }
}

/// A cycle of a window that is over.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct WindowCycle {
    /// The time at which it began.
    started_at: DateTime,
    /// The time at which it ended.
    ended_at: DateTime,
    /// The level at its end, in percent: 0 to 100.
    percent: i32,
    /// Units that requests used.
    units: f64,
    /// The part of `percent` that was used elsewhere, in percent of the window; null if it was not known.
    outside_percent: Option<i32>,
    /// Units that one percent bought; null if it was not known well enough.
    units_per_percent: Option<f64>,
}

impl From<Cycle> for WindowCycle {
    fn from(cycle: Cycle) -> Self {
        Self {
            started_at: cycle.started_at.into(),
            ended_at: cycle.ended_at.into(),
            percent: cycle.percent.into(),
            units: cycle.units,
            outside_percent: cycle.outside_percent.map(int),
            units_per_percent: cycle.units_per_percent,
        }
    }
}
