//! The content of an event: its subject, and the subject before and after. Never a secret.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// The object that an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditSubject {
    kind: Cow<'static, str>,
    id: String,
    name: Option<String>,
}

impl AuditSubject {
    /// The kind is the name of the GraphQL type in lower camel case, such as `apiKey`.
    pub fn new(kind: impl Into<Cow<'static, str>>, id: &(impl ToString + ?Sized)) -> Self {
        Self {
            kind: kind.into(),
            id: id.to_string(),
            name: None,
        }
    }

    /// The same with its name at this time.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..self
        }
    }

    pub(super) fn into_parts(self) -> (Option<String>, Option<String>, Option<String>) {
        (Some(self.kind.into_owned()), Some(self.id), self.name)
    }
}

/// A change, or a failed attempt at one.
#[derive(Debug, Default)]
pub struct AuditChange {
    pub(super) subject: Option<AuditSubject>,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
    pub(super) error: Option<&'static str>,
}

impl AuditChange {
    /// The subject was created.
    pub fn created(subject: AuditSubject, after: Value) -> Self {
        Self {
            subject: Some(subject),
            after: Some(after),
            ..Self::default()
        }
    }

    /// The subject was deleted, or cannot be used again.
    pub fn removed(subject: AuditSubject, before: Value) -> Self {
        Self {
            subject: Some(subject),
            before: Some(before),
            ..Self::default()
        }
    }

    /// The subject was changed. Only the fields that differ are recorded.
    pub fn updated(subject: AuditSubject, before: Value, after: Value) -> Self {
        let (before, after) = differences(before, after);
        Self {
            subject: Some(subject),
            before: Some(before),
            after: Some(after),
            error: None,
        }
    }

    /// An operation that takes effect outside of the database.
    pub fn done(after: Option<Value>) -> Self {
        Self {
            after,
            ..Self::default()
        }
    }

    /// An operation that failed, with its arguments and the code of the error.
    pub fn failed(arguments: Option<Value>, error: &'static str) -> Self {
        Self {
            after: arguments,
            error: Some(error),
            ..Self::default()
        }
    }

    /// The same with this subject.
    #[must_use]
    pub fn about(self, subject: Option<AuditSubject>) -> Self {
        Self { subject, ..self }
    }
}

fn differences(before: Value, after: Value) -> (Value, Value) {
    let (Value::Object(mut before), Value::Object(mut after)) = (before, after) else {
        return (Value::Null, Value::Null);
    };
    let same: Vec<String> = before
        .iter()
        .filter(|(key, value)| after.get(*key) == Some(value))
        .map(|(key, _)| key.clone())
        .collect();
    let without = |object: &mut Map<String, Value>| object.retain(|key, _| !same.contains(key));
    without(&mut before);
    without(&mut after);
    (before.into(), after.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_update_keeps_what_differs() {
        let change = AuditChange::updated(
            AuditSubject::new("user", &1),
            json!({ "name": "Ada", "enabled": true, "note": "x" }),
            json!({ "name": "Ada", "enabled": false, "note": null }),
        );

        assert_eq!(change.before, Some(json!({ "enabled": true, "note": "x" })));
        assert_eq!(
            change.after,
            Some(json!({ "enabled": false, "note": null }))
        );
    }
}
