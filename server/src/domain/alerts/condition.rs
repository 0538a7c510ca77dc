//! A condition as it is found, before it is compared with the stored alerts.

use entity::alert::{AlertDetail, AlertKind, AlertSeverity, AlertSubjectKind};
use uuid::Uuid;

/// Names and ids are truncated to this length.
const MAX_NAME_CHARS: usize = 200;
const MAX_REASON_CHARS: usize = 500;

/// The object that a condition is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertSubject {
    pub(super) kind: AlertSubjectKind,
    pub(super) id: String,
    pub(super) name: String,
}

impl AlertSubject {
    pub fn server() -> Self {
        Self::new(AlertSubjectKind::Server, "", "")
    }

    pub fn engine() -> Self {
        Self::new(AlertSubjectKind::Engine, "", "")
    }

    pub fn account(id: Uuid, label: &str) -> Self {
        Self::new(AlertSubjectKind::ProviderAccount, &id.to_string(), label)
    }

    /// A quota, by the name of its user.
    pub fn quota(id: Uuid, user: &str) -> Self {
        Self::new(AlertSubjectKind::Quota, &id.to_string(), user)
    }

    /// A key, by the names of its user and itself.
    pub fn api_key(id: Uuid, name: &str) -> Self {
        Self::new(AlertSubjectKind::ApiKey, &id.to_string(), name)
    }

    pub fn model(name: &str) -> Self {
        Self::new(AlertSubjectKind::Model, name, name)
    }

    fn new(kind: AlertSubjectKind, id: &str, name: &str) -> Self {
        Self {
            kind,
            id: truncated(id, MAX_NAME_CHARS),
            name: truncated(name, MAX_NAME_CHARS),
        }
    }
}

/// A condition that holds now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertCondition {
    pub(super) kind: AlertKind,
    pub(super) severity: AlertSeverity,
    pub(super) subject: AlertSubject,
    pub(super) detail: AlertDetail,
}

impl AlertCondition {
    /// The reason is truncated to 500 characters.
    pub fn new(
        kind: AlertKind,
        severity: AlertSeverity,
        subject: AlertSubject,
        detail: AlertDetail,
    ) -> Self {
        let reason = detail.reason.as_deref();
        let detail = AlertDetail {
            reason: reason.map(|reason| truncated(reason, MAX_REASON_CHARS)),
            ..detail
        };
        Self {
            kind,
            severity,
            subject,
            detail,
        }
    }

    /// How urgent it is.
    pub fn severity(&self) -> AlertSeverity {
        self.severity
    }
}

fn truncated(text: &str, max_chars: usize) -> String {
    text.chars().take(max_chars).collect()
}
