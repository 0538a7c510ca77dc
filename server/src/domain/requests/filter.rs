//! The filter of requests: of the list, the live feed, the histogram and the export.

use chrono::{DateTime, Utc};
use entity::{
    provider_account::ProviderKind,
    request::{self, Column, Entity as Request, Outcome},
};
use limits::pattern::fits_in_any_case;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, ExprTrait as _, QueryFilter as _, Select,
    sea_query::{Expr, Func, LikeExpr},
};
use uuid::Uuid;

use crate::domain::{Error, Result, usage::UsageFilter};

/// The most error codes in a filter.
const MAX_CODES: usize = 50;
/// The longest text in a filter, in bytes: the columns have at most 200 characters.
const MAX_TEXT: usize = 800;
/// The most `*` in the pattern of a model: each one multiplies the steps of a comparison.
const MAX_STARS: usize = 4;
/// The shortest prefix of an id, in hexadecimal digits: 12 of them are its time in milliseconds.
const MIN_PREFIX: usize = 4;
const DIGITS: usize = 32;
/// The condition of the index of requests that were not completed. It is spelt as in the index, without a parameter:
/// otherwise databases do not recognize it.
const NOT_COMPLETED: &str = "outcome <> 'completed'";

/// All conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct RequestFilter {
    pub id: Option<IdRange>,
    pub connection_id: Option<Uuid>,
    pub user_id: Option<Uuid>,
    pub api_key_id: Option<Uuid>,
    pub account_id: Option<Uuid>,
    pub agent_session_id: Option<Uuid>,
    /// A name, or a pattern in which `*` matches any characters, regardless of case.
    pub model: Option<String>,
    pub provider: Option<ProviderKind>,
    pub endpoint: Option<String>,
    pub outcomes: Option<Vec<Outcome>>,
    pub error_codes: Option<Vec<String>>,
    pub http_status: Option<StatusRange>,
    /// In microseconds, inclusive.
    pub min_duration: Option<i64>,
    /// In microseconds, exclusive.
    pub max_duration: Option<i64>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
}

/// An HTTP status, or all of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRange {
    first: i16,
    last: i16,
}

impl StatusRange {
    /// A status such as `429`, or a class such as `4xx`.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid =
            || Error::bad_input("httpStatus must be a status, such as 429, or 1xx to 5xx");
        let first: u8 = *text.as_bytes().first().ok_or_else(invalid)?;
        let class = i16::from(first.wrapping_sub(b'0')) * 100;
        if text.get(1..) == Some("xx") && (100..=500).contains(&class) {
            return Ok(Self {
                first: class,
                last: class + 99,
            });
        }
        let status = text
            .parse()
            .ok()
            .filter(|status| (100..=599).contains(status));
        let status = status.ok_or_else(invalid)?;
        Ok(Self {
            first: status,
            last: status,
        })
    }

    fn contains(self, status: Option<i16>) -> bool {
        status.is_some_and(|status| (self.first..=self.last).contains(&status))
    }
}

/// The ids that begin with the same digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdRange {
    first: Uuid,
    last: Uuid,
}

impl IdRange {
    /// An id, or its first 4 or more hexadecimal digits, with or without hyphens.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = || {
            Error::bad_input(
                "id must be a request's id, or at least its first 4 hexadecimal digits",
            )
        };
        let text: String = text
            .chars()
            .take(2 * DIGITS)
            .filter(|c| *c != '-')
            .collect();
        let missing = DIGITS.checked_sub(text.len()).ok_or_else(invalid)?;
        if text.len() < MIN_PREFIX {
            return Err(invalid());
        }
        let padded = |digit: &str| Uuid::try_parse(&format!("{text}{}", digit.repeat(missing)));
        Ok(Self {
            first: padded("0").map_err(|_| invalid())?,
            last: padded("f").map_err(|_| invalid())?,
        })
    }
}

impl RequestFilter {
    /// Fails if a list or a text is too long.
    pub fn check(&self) -> Result<()> {
        let codes = self.error_codes.iter().flatten();
        let texts = codes.chain(&self.model).chain(&self.endpoint);
        if self
            .error_codes
            .as_ref()
            .is_some_and(|codes| codes.len() > MAX_CODES)
        {
            return Err(Error::bad_input("errorCodes must have at most 50 codes"));
        }
        let stars = self.model.iter().map(|model| model.matches('*').count());
        if stars.sum::<usize>() > MAX_STARS {
            return Err(Error::bad_input("model must have at most 4 wildcards (*)"));
        }
        for text in texts {
            if text.len() > MAX_TEXT {
                return Err(Error::bad_input(
                    "a text in a filter must have at most 800 bytes",
                ));
            }
        }
        Ok(())
    }

    pub(super) fn matches(&self, row: &request::Model) -> bool {
        let is = |wanted: Option<Uuid>, id: Uuid| wanted.is_none_or(|wanted| wanted == id);
        is(self.user_id, row.user_id)
            && is(self.api_key_id, row.api_key_id)
            && (self.connection_id.is_none() || self.connection_id == row.connection_id)
            && (self.account_id.is_none() || self.account_id == row.account_id)
            && (self.agent_session_id.is_none() || self.agent_session_id == row.agent_session_id)
            && self
                .model
                .as_ref()
                .is_none_or(|model| is_of_model(model, row))
            && (self.provider.is_none() || self.provider == row.provider)
            && self
                .id
                .is_none_or(|ids| (ids.first..=ids.last).contains(&row.id))
            && self
                .endpoint
                .as_ref()
                .is_none_or(|endpoint| *endpoint == row.endpoint)
            && self
                .http_status
                .is_none_or(|range| range.contains(row.http_status))
            && self.min_duration.is_none_or(|least| least <= row.duration)
            && self.max_duration.is_none_or(|most| row.duration < most)
            && self
                .outcomes
                .as_ref()
                .is_none_or(|wanted| wanted.contains(&row.outcome))
            && self.error_codes.as_ref().is_none_or(|wanted| {
                let code = row.error_code.as_ref();
                code.is_some_and(|code| wanted.contains(code))
            })
            && self
                .from
                .is_none_or(|from| from.timestamp_micros() <= row.started_at)
            && self
                .to
                .is_none_or(|to| row.started_at < to.timestamp_micros())
    }

    pub(in crate::domain) fn select(&self) -> Select<Request> {
        Request::find().filter(self.condition())
    }

    pub(super) fn condition(&self) -> Condition {
        let outcomes = self.outcomes.as_ref();
        let codes = self.error_codes.as_ref();
        let status = self.http_status;
        let ids = self.id;
        Condition::all()
            .add_option(ids.map(|ids| Column::Id.between(ids.first, ids.last)))
            .add_option(self.connection_id.map(|id| Column::ConnectionId.eq(id)))
            .add_option(self.user_id.map(|id| Column::UserId.eq(id)))
            .add_option(self.api_key_id.map(|id| Column::ApiKeyId.eq(id)))
            .add_option(self.account_id.map(|id| Column::AccountId.eq(id)))
            .add_option(
                self.agent_session_id
                    .map(|id| Column::AgentSessionId.eq(id)),
            )
            .add_option(self.model.as_deref().map(of_model))
            .add_option(self.provider.map(|provider| Column::Provider.eq(provider)))
            .add_option(self.endpoint.as_ref().map(|text| Column::Endpoint.eq(text)))
            .add_option(outcomes.map(|any| Column::Outcome.is_in(any.iter().copied())))
            .add_option(codes.map(|codes| Column::ErrorCode.is_in(codes)))
            .add_option(status.map(|range| Column::HttpStatus.between(range.first, range.last)))
            .add_option(self.excludes_completed().then(|| Expr::cust(NOT_COMPLETED)))
            .add_option(self.min_duration.map(|least| Column::Duration.gte(least)))
            .add_option(self.max_duration.map(|most| Column::Duration.lt(most)))
            .add_option(
                self.from
                    .map(|from| Column::StartedAt.gte(from.timestamp_micros())),
            )
            .add_option(
                self.to
                    .map(|to| Column::StartedAt.lt(to.timestamp_micros())),
            )
    }

    /// Whether the conditions hold for no completed request.
    fn excludes_completed(&self) -> bool {
        let outcomes = self.outcomes.as_ref();
        self.error_codes.is_some()
            || self.http_status.is_some_and(|range| range.first >= 400)
            || outcomes.is_some_and(|any| !any.contains(&Outcome::Completed))
    }

    /// The same filter of usage; `None` if usage is not summed up by all of the conditions. The time is ignored.
    pub(super) fn of_usage(&self) -> Option<UsageFilter> {
        let Self {
            id: None,
            connection_id: None,
            agent_session_id: None,
            endpoint: None,
            outcomes: None,
            error_codes: None,
            http_status: None,
            min_duration: None,
            max_duration: None,
            ..
        } = self
        else {
            return None;
        };
        if self.model.as_deref().is_some_and(is_pattern) {
            return None;
        }
        Some(UsageFilter {
            user_id: self.user_id,
            api_key_id: self.api_key_id,
            provider: self.provider,
            account_id: self.account_id,
            model: self.model.clone(),
        })
    }
}

fn is_pattern(model: &str) -> bool {
    model.contains('*')
}

fn is_of_model(wanted: &str, row: &request::Model) -> bool {
    let model = row.model.as_deref();
    if is_pattern(wanted) {
        model.is_some_and(|model| fits_in_any_case(wanted, model))
    } else {
        model == Some(wanted)
    }
}

/// The condition on the model, as [`is_of_model`].
fn of_model(wanted: &str) -> Expr {
    if !is_pattern(wanted) {
        return Column::Model.eq(wanted);
    }
    let escaped = wanted
        .to_lowercase()
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
        .replace('*', "%");
    let lower = Expr::expr(Func::lower(Expr::col((Request, Column::Model))));
    lower.like(LikeExpr::new(escaped).escape('\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_or_a_class_is_read() {
        let range = |text| StatusRange::parse(text).map(|range| (range.first, range.last));

        assert_eq!(range("429").unwrap(), (429, 429));
        assert_eq!(range("5xx").unwrap(), (500, 599));
        for text in [
            "", "x", "6xx", "0xx", "4XX", "42", "600", "4xxx", "-4xx", "é00", "99999999",
        ] {
            assert!(range(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_id_or_its_first_digits_are_read() {
        let range =
            |text| IdRange::parse(text).map(|ids| (ids.first.to_string(), ids.last.to_string()));
        let id = "01934f00-0000-7000-8000-000000000001";

        assert_eq!(range(id).unwrap(), (id.to_owned(), id.to_owned()));
        let (first, last) = range("01934F-00ab").unwrap();
        assert_eq!(first, "01934f00-ab00-0000-0000-000000000000");
        assert_eq!(last, "01934f00-abff-ffff-ffff-ffffffffffff");
        for text in [
            "",
            "019",
            "----",
            "0193g",
            "é1234",
            &"0".repeat(33),
            "{01934f00}",
        ] {
            assert!(range(text).is_err(), "{text}");
        }
    }
}
