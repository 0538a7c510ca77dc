//! What GraphQL has no type for: moments, money, and numbers that do not fit its 32-bit `Int`.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

use chrono::{SecondsFormat, Utc};

use crate::domain::{Error, usd};

/// A moment, as RFC 3339 writes it, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DateTime(chrono::DateTime<Utc>);

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
pub(super) struct BigInt(pub(super) i64);

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
pub(super) struct Usd(pub(super) i64);

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
    pub(super) fn count(self) -> Result<u64, Error> {
        u64::try_from(self.0).map_err(|_| Error::bad_input("a size is not negative"))
    }
}

/// US dollars in whole billionths, written as a decimal string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usd(pub(super) i64);

const NANOS: u64 = 1_000_000_000;

/// US dollars as a decimal string such as "0.0125", exact to the billionth.
#[Scalar(name = "USD")]
impl ScalarType for Usd {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        let message = "write an amount as \"12.50\", with at most nine decimals";
        dollars(text).ok_or_else(|| InputValueError::custom(message))
    }

    fn to_value(&self) -> Value {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, nanos) = (self.0.unsigned_abs() / NANOS, self.0.unsigned_abs() % NANOS);
        let text = format!("{sign}{whole}.{nanos:09}");
        text.trim_end_matches('0').trim_end_matches('.').into()
    }
}

fn dollars(text: &str) -> Option<Usd> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) || decimals.len() > 9 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let nanos: i64 = format!("{decimals:0<9}").parse().ok()?;
    let amount = whole.checked_mul(1_000_000_000)?.checked_add(nanos)?;
    Some(Usd(sign * amount))
}

/// A number as GraphQL's `Int`; what is beyond it is written as the greatest one.
pub(super) fn int(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_exact_to_the_billionth() {
        for (nanos, text) in [
            (0, "0"),
            (1, "0.000000001"),
            (12_500_000_000, "12.5"),
            (-500_000_000, "-0.5"),
            (30_000_000_000, "30"),
            (i64::MAX, "9223372036.854775807"),
        ] {
            assert_eq!(Usd(nanos).to_value(), Value::from(text));
            assert_eq!(dollars(text), Some(Usd(nanos)), "{text}");
        }
        for text in [
            "",
            "-",
            ".5",
            "1.",
            "1.0000000001",
            "1e3",
            "9223372037",
            "+1",
        ] {
            assert_eq!(dollars(text), None, "{text}");
        }
    }
}
