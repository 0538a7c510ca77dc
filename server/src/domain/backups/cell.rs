//! A value of a row with its type, in a notation that is independent of the database.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use sea_orm::Value;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A value. A null has a type too, because PostgreSQL needs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum BackupCell {
    #[serde(rename = "f")]
    Flag(Option<bool>),
    #[serde(rename = "s")]
    Short(Option<i16>),
    #[serde(rename = "i")]
    Int(Option<i32>),
    #[serde(rename = "l")]
    Long(Option<i64>),
    #[serde(rename = "t")]
    Text(Option<String>),
    /// In base64.
    #[serde(rename = "b")]
    Bytes(Option<String>),
    #[serde(rename = "j")]
    Json(Option<serde_json::Value>),
    #[serde(rename = "d")]
    Moment(Option<DateTime<Utc>>),
    #[serde(rename = "u")]
    Uuid(Option<Uuid>),
}

impl BackupCell {
    /// `None` for a type that no table uses.
    pub(super) fn of(value: Value) -> Option<Self> {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the library's list of every type that a database has"
        )]
        Some(match value {
            Value::Bool(flag) => Self::Flag(flag),
            Value::SmallInt(number) => Self::Short(number),
            Value::Int(number) => Self::Int(number),
            Value::BigInt(number) => Self::Long(number),
            Value::String(text) => Self::Text(text),
            Value::Bytes(bytes) => Self::Bytes(bytes.map(|bytes| BASE64_STANDARD.encode(bytes))),
            Value::Json(json) => Self::Json(json.map(|json| *json)),
            Value::ChronoDateTimeUtc(moment) => Self::Moment(moment),
            Value::Uuid(id) => Self::Uuid(id),
            _ => return None,
        })
    }

    /// `None` for bytes that are not valid base64.
    pub(super) fn value(self) -> Option<Value> {
        Some(match self {
            Self::Flag(flag) => Value::Bool(flag),
            Self::Short(number) => Value::SmallInt(number),
            Self::Int(number) => Value::Int(number),
            Self::Long(number) => Value::BigInt(number),
            Self::Text(text) => Value::String(text),
            Self::Bytes(None) => Value::Bytes(None),
            Self::Bytes(Some(text)) => Value::Bytes(Some(BASE64_STANDARD.decode(text).ok()?)),
            Self::Json(json) => Value::Json(json.map(Box::new)),
            Self::Moment(moment) => Value::ChronoDateTimeUtc(moment),
            Self::Uuid(id) => Value::Uuid(id),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_value_is_read_again_as_it_was() {
        let moment: DateTime<Utc> = "2026-06-01T12:00:00.123456789Z".parse().unwrap();
        for value in [
            Value::Bool(Some(true)),
            Value::Bool(None),
            Value::SmallInt(Some(i16::MIN)),
            Value::Int(Some(i32::MIN)),
            Value::BigInt(Some(i64::MAX)),
            Value::BigInt(None),
            Value::String(Some("\u{0}\"é\n".to_owned())),
            Value::String(None),
            Value::Bytes(Some(vec![0, 255])),
            Value::Bytes(None),
            Value::Json(Some(Box::new(json!({ "a": [1, null] })))),
            Value::ChronoDateTimeUtc(Some(moment)),
            Value::ChronoDateTimeUtc(None),
            Value::Uuid(Some(Uuid::max())),
            Value::Uuid(None),
        ] {
            let text = serde_json::to_string(&BackupCell::of(value.clone()).unwrap()).unwrap();
            let read: BackupCell = serde_json::from_str(&text).unwrap();

            assert_eq!(read.value(), Some(value), "{text}");
        }
    }
}
