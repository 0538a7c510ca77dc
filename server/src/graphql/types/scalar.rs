//! What GraphQL has no type for: moments, money, and numbers that do not fit its 32-bit `Int`.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

use chrono::{SecondsFormat, Utc};

use crate::domain::{Error, usd};

/// A moment, as RFC 3339 writes it, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateTime(chrono::DateTime<Utc>);

/// A moment, as RFC 3339 writes it; answers are in UTC.
#[Scalar]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        let moment = chrono::DateTime::parse_from_rfc3339(text);
        let message = "write a time as 2030-12-31T23:59:59Z";
        moment
            .map(|moment| Self(moment.to_utc()))
            .map_err(|_| InputValueError::custom(message))
    }

    fn to_value(&self) -> Value {
        self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true).into()
    }
}

impl From<chrono::DateTime<Utc>> for DateTime {
    fn from(moment: chrono::DateTime<Utc>) -> Self {
        Self(moment)
    }
}

impl From<DateTime> for chrono::DateTime<Utc> {
    fn from(DateTime(moment): DateTime) -> Self {
        moment
    }
}

/// A whole number of up to 64 bits, written as a JSON number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BigInt(pub(crate) i64);

/// A whole number of up to 64 bits, written as a JSON number.
#[Scalar]
impl ScalarType for BigInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::Number(number) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        let number = number.as_i64();
        number
            .map(Self)
            .ok_or_else(|| InputValueError::custom("not a 64-bit integer"))
    }

    fn to_value(&self) -> Value {
        self.0.into()
    }
}

impl From<u64> for BigInt {
    fn from(number: u64) -> Self {
        Self(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// An amount of US dollars, in nano-USD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usd(pub(crate) i64);

/// An amount of US dollars as a decimal string, such as "1.25"; exact to nine decimals.
#[Scalar(name = "USD")]
impl ScalarType for Usd {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        usd::parse(text).map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        usd::print(self.0).into()
    }
}

impl BigInt {
    /// The number of something; there is no less than nothing.
    pub(crate) fn count(self) -> Result<u64, Error> {
        u64::try_from(self.0).map_err(|_| Error::bad_input("a size is not negative"))
    }
}

/// A number as GraphQL's `Int`; what is beyond it is written as the greatest one.
pub(crate) fn int(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}
