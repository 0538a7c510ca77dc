//! Who acts, and what they were asked to do. It goes along with the task, as a span of the log does.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use entity::{admin, api_token, audit_event::ActorKind};
use uuid::Uuid;

use super::AuditSubject;

tokio::task_local! {
    static DEED: Arc<AuditContext>;
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    pub id: Option<Uuid>,
    pub name: Option<String>,
}

impl Actor {
    /// Somebody who has not shown who they are.
    pub fn stranger() -> Self {
        Self::nameless(ActorKind::Stranger)
    }

    /// The server itself.
    pub fn system() -> Self {
        Self::nameless(ActorKind::System)
    }

    /// Whoever may use the machine, by their name there.
    pub fn cli(name: Option<String>) -> Self {
        Self {
            name,
            ..Self::nameless(ActorKind::Cli)
        }
    }

    fn nameless(kind: ActorKind) -> Self {
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

impl From<&api_token::Model> for Actor {
    fn from(token: &api_token::Model) -> Self {
        Self {
            kind: ActorKind::ApiToken,
            id: Some(token.id),
            name: Some(token.name.clone()),
        }
    }
}

/// One thing that somebody does.
#[derive(Debug)]
pub struct AuditContext {
    action: String,
    address: Option<String>,
    actor: Mutex<Actor>,
    subject: Mutex<Option<AuditSubject>>,
    recorded: AtomicBool,
}

impl AuditContext {
    /// Something that is about to be done.
    pub fn new(actor: Actor, address: Option<String>, action: &str) -> Arc<Self> {
        Arc::new(Self {
            action: action.to_owned(),
            address,
            actor: Mutex::new(actor),
            subject: Mutex::default(),
            recorded: AtomicBool::new(false),
        })
    }

    /// Does it.
    pub async fn run<T>(self: Arc<Self>, work: impl Future<Output = T>) -> T {
        DEED.scope(self, work).await
    }

    /// Whether an event about it was added.
    pub fn was_recorded(&self) -> bool {
        self.recorded.load(Ordering::Acquire)
    }

    pub(super) fn is_recorded(&self) {
        self.recorded.store(true, Ordering::Release);
    }

    pub(super) fn action(&self) -> &str {
        &self.action
    }

    pub(super) fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    pub(super) fn actor(&self) -> Actor {
        let actor = self.actor.lock();
        actor.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn subject(&self) -> Option<AuditSubject> {
        let subject = self.subject.lock();
        subject.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What is being done, if somebody asked for it.
pub fn current() -> Option<Arc<AuditContext>> {
    DEED.try_with(Arc::clone).ok()
}

/// A stranger has shown who they are.
pub fn identify(actor: Actor) {
    if let Some(context) = current() {
        *context.actor.lock().unwrap_or_else(PoisonError::into_inner) = actor;
    }
}

/// What it is about, should it fail.
pub fn about(subject: AuditSubject) {
    if let Some(context) = current() {
        *context
            .subject
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(subject);
    }
}

/// Takes what is being done along into another task.
pub fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> + use<F> {
    let context = current();
    async move {
        match context {
            Some(context) => DEED.scope(context, work).await,
            None => work.await,
        }
    }
}
