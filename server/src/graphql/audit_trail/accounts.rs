//! What became of provider accounts. They change in many ways (sign-ins, imports, whole lists of keys), so
//! they are looked at before and after, and each that differs makes an event.
//!
//! What two administrators do in the same moment may so be told of both; nothing is left out.

use std::collections::HashMap;

use entity::provider_account;
use sea_orm::ActiveEnum as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::{
    Result,
    audit::{AuditChange, AuditSubject},
    provider_accounts::ProviderAccounts,
};

/// The accounts as they were.
pub(super) struct AccountSnapshot(HashMap<Uuid, provider_account::Model>);

impl AccountSnapshot {
    /// Looks at them, when a mutation of this name may change them.
    pub(super) async fn before(accounts: &ProviderAccounts, mutation: &str) -> Option<Self> {
        if !mutation.contains("Provider") && !mutation.contains("Account") {
            return None;
        }
        // Should it fail, what was asked for is recorded all the same.
        Self::now(accounts).await.ok()
    }

    async fn now(accounts: &ProviderAccounts) -> Result<Self> {
        let accounts = accounts.list().await?.into_iter();
        Ok(Self(
            accounts.map(|account| (account.id, account)).collect(),
        ))
    }

    /// What is different now.
    pub(super) async fn changes(mut self, accounts: &ProviderAccounts) -> Result<Vec<AuditChange>> {
        let mut changes = Vec::new();
        for (id, account) in Self::now(accounts).await?.0 {
            let after = audited(&account);
            match self.0.remove(&id).map(|old| audited(&old)) {
                None => changes.push(AuditChange::created(subject(&account), after)),
                Some(before) if before != after => {
                    changes.push(AuditChange::updated(subject(&account), before, after));
                }
                Some(_) => {}
            }
        }
        let gone = self.0.into_values();
        changes.extend(gone.map(|old| AuditChange::removed(subject(&old), audited(&old))));
        Ok(changes)
    }
}

fn subject(account: &provider_account::Model) -> AuditSubject {
    AuditSubject::new("providerAccount", &account.id).named(&account.label)
}

/// What an administrator decides about an account; what the server notes about it is left out.
fn audited(account: &provider_account::Model) -> Value {
    json!({
        "kind": account.kind.to_value(),
        "credential": account.credential.to_value(),
        "label": account.label,
        "lastFour": account.last_four,
        "email": account.email,
        "baseUrl": account.base_url,
        "models": account.models,
        "prefix": account.prefix,
        "priority": account.priority,
        "weight": account.weight,
        "enabled": account.enabled,
    })
}
