//! The actor and the action, which a resolver or command passes to the service that records the event.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use entity::{admin, api_token, audit_event::ActorKind, user};
use uuid::Uuid;

use super::AuditSubject;

/// The administrator, token, client or program that acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    pub id: Option<Uuid>,
    pub name: Option<String>,
}

impl Actor {
    /// A client that is not authenticated.
    pub fn anonymous() -> Self {
        Self::unnamed(ActorKind::Anonymous)
    }

    /// The server itself.
    pub fn system() -> Self {
        Self::unnamed(ActorKind::System)
    }

    /// A command on the server's machine, run by this user of the operating system.
    pub fn cli(name: Option<String>) -> Self {
        Self {
            name,
            ..Self::unnamed(ActorKind::Cli)
        }
    }

    /// A user with one of their keys, whose name is not known yet.
    pub fn user(id: Uuid) -> Self {
        Self {
            id: Some(id),
            ..Self::unnamed(ActorKind::User)
        }
    }

    fn unnamed(kind: ActorKind) -> Self {
        Self {
            kind,
            id: None,
            name: None,
        }
    }
}

impl From<&admin::Model> for Actor {
    fn from(admin: &admin::Model) -> Self {
        Self {
            kind: ActorKind::Admin,
            id: Some(admin.id),
            name: Some(admin.username.clone()),
        }
    }
}

impl From<&user::Model> for Actor {
    fn from(user: &user::Model) -> Self {
        Self {
            name: Some(user.name.clone()),
            ..Self::user(user.id)
        }
    }
}

impl From<&api_token::Model> for Actor {
    fn from(token: &api_token::Model) -> Self {
        Self {
            kind: ActorKind::ApiToken,
            id: Some(token.id),
            name: Some(token.name.clone()),
        }
    }
}

/// One operation of one actor. Clones share the outcome, so that the caller of a service can see whether an event
/// was recorded.
#[derive(Clone, Debug)]
pub struct AuditContext {
    actor: Actor,
    address: Option<String>,
    action: Arc<str>,
    outcome: Arc<Mutex<Outcome>>,
}

/// The outcome of an operation so far.
#[derive(Debug, Default)]
struct Outcome {
    subject: Option<AuditSubject>,
    is_recorded: bool,
}

impl AuditContext {
    /// An operation that is about to begin. The action is the name of the mutation or command.
    pub fn new(actor: Actor, address: Option<String>, action: &str) -> Self {
        Self {
            actor,
            address,
            action: action.into(),
            outcome: Arc::default(),
        }
    }

    /// An operation of the server itself, without a request.
    pub fn system(action: &str) -> Self {
        Self::new(Actor::system(), None, action)
    }

    /// The same operation, by a caller who has authenticated meanwhile.
    #[must_use]
    pub fn authenticated(&self, actor: Actor) -> Self {
        Self {
            actor,
            ..self.clone()
        }
    }

    /// Sets the subject of events that name none themselves, such as the event of a failure.
    pub fn about(&self, subject: AuditSubject) {
        self.outcome().subject = Some(subject);
    }

    /// The subject that was set by [`about`](Self::about).
    pub fn subject(&self) -> Option<AuditSubject> {
        self.outcome().subject.clone()
    }

    /// Whether an event was recorded with this context.
    pub fn is_recorded(&self) -> bool {
        self.outcome().is_recorded
    }

    pub(super) fn set_recorded(&self) {
        self.outcome().is_recorded = true;
    }

    pub(super) fn action(&self) -> &str {
        &self.action
    }

    pub(super) fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
