//! What a question about usage is about: when, whose, and how it is divided.

use async_graphql::{Enum, ID, InputObject};
use chrono_tz::Tz;

use crate::{
    domain::{
        Error,
        usage::{self, Span},
    },
    graphql::{
        provider::account::ProviderKind,
        resolver::{error::Result, input},
        types::scalar::DateTime,
    },
};

/// A stretch of time: a preset, or two moments. This month when nothing is said.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub(crate) struct UsageRange {
    /// From this moment.
    from: Option<DateTime>,
    /// Until before this moment; now when left out.
    to: Option<DateTime>,
    /// By the calendar of the time zone, instead of moments.
    preset: Option<UsagePreset>,
}

impl UsageRange {
    /// What it means now, by the clocks of a place.
    pub(crate) async fn read(self, usage: &usage::Usage, zone: Tz) -> Result<Span> {
        let bad_input = |message: &str| Err(Error::bad_input(message).into());
        match (self.from, self.to, self.preset) {
            (None, None, preset) => {
                let preset = preset.unwrap_or(UsagePreset::ThisMonth);
                Ok(usage.span(preset.into(), zone).await?)
            }
            (Some(from), to, None) => {
                let to = to.map_or_else(|| usage.now(), Into::into);
                Ok(Span::new(from.into(), to)?)
            }
            (None, Some(_), None) => bad_input("say from when, too"),
            (_, _, Some(_)) => bad_input("use either a preset or from and to"),
        }
    }
}

/// A stretch of time by the calendar. What is not over ends with today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::usage::Preset")]
pub(crate) enum UsagePreset {
    /// Today.
    Today,
    /// Yesterday.
    Yesterday,
    /// Today and the six days before.
    #[graphql(name = "LAST_7_DAYS")]
    Last7Days,
    /// Today and the 29 days before.
    #[graphql(name = "LAST_30_DAYS")]
    Last30Days,
    /// From Monday.
    ThisWeek,
    /// From the first.
    ThisMonth,
    /// The month before this one.
    LastMonth,
    /// From the first request.
    All,
}

/// Whose usage. All conditions count together.
#[derive(Debug, Default, InputObject)]
pub(crate) struct UsageFilter {
    /// Of this user.
    user_id: Option<ID>,
    /// With this key.
    api_key_id: Option<ID>,
    /// Served by this provider.
    provider: Option<ProviderKind>,
    /// Served by this account.
    account_id: Option<ID>,
    /// Of this model, as it was asked for.
    model: Option<String>,
}

impl UsageFilter {
    /// What the domain understands.
    pub(crate) fn read(self) -> Result<usage::UsageFilter> {
        let user_id = self.user_id.map(|id| input::id(&id, "user"));
        let api_key_id = self.api_key_id.map(|id| input::id(&id, "API key"));
        let account_id = self.account_id.map(|id| input::id(&id, "account"));
        Ok(usage::UsageFilter {
            user_id: user_id.transpose()?,
            api_key_id: api_key_id.transpose()?,
            provider: self.provider.map(Into::into),
            account_id: account_id.transpose()?,
            model: self.model,
        })
    }
}

/// What usage is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::usage::By")]
pub(crate) enum UsageDimension {
    /// By user.
    User,
    /// By key.
    ApiKey,
    /// By provider.
    Provider,
    /// By account; for administrators.
    Account,
    /// By model, as it was asked for.
    Model,
}

/// By what the parts of a whole are ordered, the greatest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::usage::UsageOrder")]
pub(crate) enum UsageOrder {
    /// By cost, then by tokens.
    Cost,
    /// By tokens.
    Tokens,
    /// By requests.
    Requests,
}

/// What a point of a series is over, by the clocks of the time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::calendar::CalendarUnit")]
pub(crate) enum UsageBucket {
    /// An hour; for at most 31 days.
    Hour,
    /// A day, of 23 or 25 hours when the clocks change; for at most 400 days.
    Day,
    /// A week from Monday; for at most five years.
    Week,
    /// A month; for at most 25 years.
    Month,
}
