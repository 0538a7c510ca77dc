//! Values of exported rows: empty while unknown, and never a spreadsheet formula.

use chrono::{DateTime, SecondsFormat};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::domain::usd;

/// The first characters of a formula, with the full-width forms that some programs normalise.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ExportCell {
    /// Unknown or absent, which differs from zero.
    Empty,
    Text(String),
    Number(i64),
    /// Nano-USD.
    Money(i64),
    /// Microseconds since 1970.
    Moment(i64),
    Flag(bool),
    /// A structure, as the database has it.
    Json(Value),
}

impl ExportCell {
    /// The nil id means none.
    pub(super) fn id(id: Option<Uuid>) -> Self {
        let id = id.filter(|id| !id.is_nil());
        id.map_or(Self::Empty, |id| Self::Text(id.to_string()))
    }

    /// Empty text means none.
    pub(super) fn text(text: Option<impl Into<String>>) -> Self {
        let text = text.map(Into::into).filter(|text| !text.is_empty());
        text.map_or(Self::Empty, Self::Text)
    }

    /// The value's name in GraphQL.
    pub(super) fn word<W: ActiveEnum<Value = String>>(word: Option<W>) -> Self {
        Self::text(word.map(|word| word.to_value().to_uppercase()))
    }

    pub(super) fn number(number: Option<i64>) -> Self {
        number.map_or(Self::Empty, Self::Number)
    }

    pub(super) fn structure<S: Serialize>(structure: Option<S>) -> Self {
        let value = structure.and_then(|value| serde_json::to_value(value).ok());
        value.map_or(Self::Empty, Self::Json)
    }

    pub(super) fn money(nanos: Option<i64>) -> Self {
        nanos.map_or(Self::Empty, Self::Money)
    }

    /// The CSV field. Text that a spreadsheet would evaluate gets an apostrophe in front.
    pub(super) fn csv(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) if is_formula(text) => format!("'{text}"),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Money(nanos) => usd::print(*nanos),
            Self::Moment(micros) => moment(*micros),
            Self::Flag(flag) => flag.to_string(),
            Self::Json(value) => value.to_string(),
        }
    }

    /// The JSON value. Money is a string, so that readers do not convert it to a float.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Empty => Value::Null,
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => (*number).into(),
            Self::Money(nanos) => usd::print(*nanos).into(),
            Self::Moment(micros) => moment(*micros).into(),
            Self::Flag(flag) => (*flag).into(),
            Self::Json(value) => value.clone(),
        }
    }
}

/// Some programs skip white space before they look for a formula.
fn is_formula(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n']) || text.trim_start().starts_with(FORMULA)
}

fn moment(micros: i64) -> String {
    let moment = DateTime::from_timestamp_micros(micros);
    moment.map_or_else(String::new, |moment| {
        moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_calculates_nothing() {
        for text in [
            "=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\rx", "\n=1", "  =1", "＝1",
        ] {
            let cell = ExportCell::Text(text.to_owned());

            assert_eq!(cell.csv(), format!("'{text}"));
            assert_eq!(cell.json(), text);
        }
        for text in ["gpt-5", "a=b", "'=1", "é"] {
            assert_eq!(ExportCell::Text(text.to_owned()).csv(), text);
        }
    }

    #[test]
    fn amounts_and_moments_are_exact_and_unknown_is_empty() {
        assert_eq!(ExportCell::money(Some(-1)).csv(), "-0.000000001");
        assert_eq!(
            ExportCell::money(Some(i64::MAX)).json(),
            "9223372036.854775807"
        );
        assert_eq!(
            ExportCell::Moment(1_780_000_000_000_001).csv(),
            "2026-05-28T20:26:40.000001Z"
        );
        assert_eq!(ExportCell::number(None).csv(), "");
        assert_eq!(ExportCell::number(None).json(), Value::Null);
        assert_eq!(ExportCell::number(Some(0)).csv(), "0");
        assert_eq!(ExportCell::id(Some(Uuid::nil())), ExportCell::Empty);
    }
}
