//! Amounts of what quotas count: whole numbers of tokens and requests, and decimal US dollars.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use entity::quota::Metric;

use crate::{
    domain::{Error, usd},
    graphql::resolver::error::Result,
};

/// An amount as it is written; what it means depends on the metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum QuotaAmount {
    Whole(i64),
    Decimal(String),
}

/// An amount of what a quota counts. Tokens and requests are whole JSON numbers; costs are US dollars as a
/// decimal string, such as "12.5", or as a whole number when they are set.
#[Scalar]
impl ScalarType for QuotaAmount {
    fn parse(value: Value) -> InputValueResult<Self> {
        if let Value::String(text) = value {
            return Ok(Self::Decimal(text));
        }
        let Value::Number(number) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        let message = "not a whole number; write dollars and cents as \"12.5\"";
        let whole = number.as_i64().map(Self::Whole);
        whole.ok_or_else(|| InputValueError::custom(message))
    }

    fn to_value(&self) -> Value {
        match self {
            Self::Whole(number) => (*number).into(),
            Self::Decimal(text) => text.as_str().into(),
        }
    }
}

impl QuotaAmount {
    /// An amount in the metric's unit.
    pub(crate) fn of(metric: Metric, amount: i64) -> Self {
        match metric {
            Metric::Tokens | Metric::Requests => Self::Whole(amount),
            Metric::Cost => Self::Decimal(usd::print(amount)),
        }
    }

    /// The amount in the metric's unit.
    pub(crate) fn read(&self, metric: Metric) -> Result<i64> {
        let amount = match (metric, self) {
            (Metric::Tokens | Metric::Requests, Self::Whole(amount)) => Ok(*amount),
            (Metric::Tokens | Metric::Requests, Self::Decimal(_)) => Err(Error::bad_input(
                "a number of tokens or requests is whole and has no quotes",
            )),
            (Metric::Cost, Self::Whole(dollars)) => dollars
                .checked_mul(usd::DOLLAR)
                .ok_or_else(|| Error::bad_input("this amount of US dollars is too great")),
            (Metric::Cost, Self::Decimal(text)) => {
                usd::parse(text).map_err(|error| Error::bad_input(error.to_string()))
            }
        };
        Ok(amount?)
    }
}
