//! What an event says: about what, and how it was before and after. Never a secret.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditSubject {
    kind: Cow<'static, str>,
    id: String,
    name: Option<String>,
}

impl AuditSubject {
    /// Something of this kind, as in `apiKey`, with its id.
    pub fn new(kind: impl Into<Cow<'static, str>>, id: &(impl ToString + ?Sized)) -> Self {
        Self {
            kind: kind.into(),
            id: id.to_string(),
            name: None,
        }
    }

    /// What it is called.
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

/// A change, or something that was tried.
#[derive(Debug, Default)]
pub struct AuditChange {
    pub(super) subject: Option<AuditSubject>,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
    pub(super) error: Option<&'static str>,
}

impl AuditChange {
    /// Something is there that was not.
    pub fn created(subject: AuditSubject, after: Value) -> Self {
        Self {
            subject: Some(subject),
            after: Some(after),
            ..Self::default()
        }
    }

    /// Something is gone, or dead.
    pub fn removed(subject: AuditSubject, before: Value) -> Self {
        Self {
            subject: Some(subject),
            before: Some(before),
            ..Self::default()
        }
    }

    /// Something is different. Only what differs is kept.
    pub fn updated(subject: AuditSubject, before: Value, after: Value) -> Self {
        let (before, after) = differences(before, after);
        Self {
            subject: Some(subject),
            before: Some(before),
            after: Some(after),
            error: None,
        }
    }

    /// Something was done whose effect is not in a table.
    pub fn done(after: Option<Value>) -> Self {
        Self {
            after,
            ..Self::default()
        }
    }

    /// Something was tried in vain.
    pub fn failed(asked: Option<Value>, error: &'static str) -> Self {
        Self {
            after: asked,
            error: Some(error),
            ..Self::default()
        }
    }

    /// The same about something.
    #[must_use]
    pub fn about(self, subject: Option<AuditSubject>) -> Self {
        Self { subject, ..self }
    }

    /// What the server does unasked has no name of its own.
    pub(super) fn in_a_word(&self) -> String {
        let verb = match (&self.before, &self.after) {
            (None, Some(_)) => "create",
            (Some(_), None) => "remove",
            (Some(_), Some(_)) | (None, None) => "update",
        };
        let kind = self
            .subject
            .as_ref()
            .map_or("server", |subject| subject.kind.as_ref());
        let mut letters = kind.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        verb.chars().chain(first).chain(letters).collect()
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
        assert_eq!(change.in_a_word(), "updateUser");
    }
}
