//! Sign-ins that the engine does for an administrator: their account comes as a file in the engine's
//! directory, and its audit event names the administrator.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use entity::provider_account::ProviderKind;
use uuid::Uuid;

use super::ProviderAccounts;
use crate::domain::audit::AuditContext;

/// The audit contexts of such sign-ins, by sign-in, while their files are awaited.
#[derive(Debug, Default)]
pub(super) struct ExpectedAdoptions(Mutex<HashMap<Uuid, (ProviderKind, AuditContext)>>);

/// A sign-in whose file is awaited, until this is dropped.
#[derive(Debug)]
pub struct ExpectedAdoption {
    expected: Arc<ExpectedAdoptions>,
    login: Uuid,
}

impl Drop for ExpectedAdoption {
    fn drop(&mut self) {
        self.expected.locked().remove(&self.login);
    }
}

impl ExpectedAdoptions {
    /// The context of an adopted file: the sign-in that awaits a file of this provider. A file does not name
    /// its sign-in: when no sign-in awaits it, or those of several actors do, the actor is the server.
    pub(super) fn context(&self, kind: ProviderKind) -> AuditContext {
        let expected = self.locked();
        let of_kind = expected.values().filter(|(awaited, _)| *awaited == kind);
        let mut contexts = of_kind.map(|(_, context)| context);
        contexts
            .next()
            .filter(|first| contexts.all(|other| other.actor() == first.actor()))
            .cloned()
            .unwrap_or_else(|| AuditContext::system("adoptProviderAccount"))
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<Uuid, (ProviderKind, AuditContext)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ProviderAccounts {
    /// Announces that the engine will write the account of this sign-in.
    pub fn expect_adoption(
        &self,
        login: Uuid,
        kind: ProviderKind,
        context: &AuditContext,
    ) -> ExpectedAdoption {
        let mut expected = self.expected.locked();
        expected.insert(login, (kind, context.clone()));
        ExpectedAdoption {
            expected: Arc::clone(&self.expected),
            login,
        }
    }
}
