//! Inputs of usage queries: time range, filter and dimension.

use async_graphql::{Enum, ID, InputObject};
use chrono_tz::Tz;

use crate::{
    domain::{
        Error,
        usage::{self, Span},
    },
    graphql::{
        resolver::{error::Result, input},
        types::{provider::ProviderKind, scalar::DateTime},
    },
};

/// A time range: a preset, or `from` and `to`. The current month when all fields are omitted.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub(crate) struct UsageRange {
    /// The start, inclusive.
    from: Option<DateTime>,
    /// The end, exclusive; now when omitted.
    to: Option<DateTime>,
    /// A calendar range in the time zone, instead of `from` and `to`.
    preset: Option<UsagePreset>,
}

impl UsageRange {
    /// Resolves the range now, in this time zone.
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
            (None, Some(_), None) => bad_input("from is missing: a range with to needs from"),
            (_, _, Some(_)) => bad_input("use either a preset or from and to"),
        }
    }
}

/// A calendar range. Ranges that include today end with today.
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
    /// This week, from Monday.
    ThisWeek,
    /// This month, from the first day.
    ThisMonth,
    /// The previous calendar month.
    LastMonth,
    /// All time, from the first request.
    All,
}

/// A filter of usage. Conditions are combined with AND.
#[derive(Debug, Default, InputObject)]
pub(crate) struct UsageFilter {
    /// The user's id.
    user_id: Option<ID>,
    /// The key's id.
    api_key_id: Option<ID>,
    /// The provider that served the request.
    provider: Option<ProviderKind>,
    /// The account that served the requests.
    account_id: Option<ID>,
    /// The requested model name.
    model: Option<String>,
}

impl UsageFilter {
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

/// The dimension that usage is grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::usage::By")]
pub(crate) enum UsageDimension {
    /// By user.
    User,
    /// By key.
    ApiKey,
    /// By provider.
    Provider,
    /// By account; for administrators only.
    Account,
    /// By requested model name.
    Model,
}

/// The order of groups, largest first.
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

/// The period of a point of a series, in the time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "calendar::CalendarUnit")]
pub(crate) enum UsageBucket {
    /// An hour; for ranges of at most 31 days.
    Hour,
    /// A calendar day, of 23 or 25 hours at daylight saving changes; for ranges of at most 400 days.
    Day,
    /// A calendar week from Monday; for ranges of at most five years.
    Week,
    /// A calendar month; for ranges of at most 25 years.
    Month,
}
