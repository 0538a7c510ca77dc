//! Writes accounts, each in one transaction with the audit event about it.

use entity::provider_account;
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ActiveValue::Set, DatabaseTransaction,
    TransactionTrait as _,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Error, ProviderAccounts, Result, label_taken};
use crate::domain::{
    audit::{self, AuditChange, AuditContext, AuditSubject},
    version,
};

impl ProviderAccounts {
    /// Inserts an account. A label that the provider's other accounts have already is a conflict.
    pub(super) async fn insert(
        &self,
        context: &AuditContext,
        transaction: &DatabaseTransaction,
        row: provider_account::ActiveModel,
    ) -> Result<provider_account::Model> {
        let label = row.label.try_as_ref().cloned().unwrap_or_default();
        // A label that is taken must not end the caller's transaction.
        let transaction = transaction.begin().await?;
        let account = row
            .insert(&transaction)
            .await
            .map_err(|error| Error::unless_taken(error, || label_taken(&label)))?;
        let created = AuditChange::created(subject(&account), audited(&account));
        Box::pin(audit::record(&transaction, &self.clock, context, created)).await?;
        transaction.commit().await?;
        Ok(account)
    }

    /// Updates an account, whose version advances, in a transaction of [`super::sealing`] that began before the account was
    /// read. `replaced` names the secrets that are new: the event lists them without values.
    pub(super) async fn update_row(
        &self,
        context: &AuditContext,
        transaction: &DatabaseTransaction,
        old: &provider_account::Model,
        row: provider_account::ActiveModel,
        replaced: &[&'static str],
    ) -> Result<provider_account::Model> {
        let label = row.label.try_as_ref().cloned().unwrap_or_default();
        let mut row = row;
        row.version = Set(old.version + 1);
        let account = row
            .update(transaction)
            .await
            .map_err(|error| Error::unless_taken(error, || label_taken(&label)))?;
        let mut after = audited(&account);
        for secret in replaced {
            after[secret] = "replaced".into();
        }
        let updated = AuditChange::updated(subject(&account), audited(old), after);
        Box::pin(audit::record(transaction, &self.clock, context, updated)).await?;
        Ok(account)
    }

    /// Updates an account with what the engine or the provider reported. Tokens are refreshed many times a
    /// day, so an event is recorded only if a field changed that an administrator can set.
    pub(super) async fn update_reported(
        &self,
        transaction: &DatabaseTransaction,
        old: &provider_account::Model,
        row: provider_account::ActiveModel,
    ) -> Result<provider_account::Model> {
        let account = row.update(transaction).await?;
        let (before, after) = (audited(old), audited(&account));
        if before != after {
            let context = AuditContext::system("syncProviderAccount");
            let updated = AuditChange::updated(subject(&account), before, after);
            Box::pin(audit::record(transaction, &self.clock, &context, updated)).await?;
        }
        Ok(account)
    }

    /// Removes the secret of an account; the row stays for the history.
    pub(super) async fn remove_row(
        &self,
        context: &AuditContext,
        transaction: &DatabaseTransaction,
        old: provider_account::Model,
    ) -> Result<provider_account::Model> {
        let removed = AuditChange::removed(subject(&old), audited(&old));
        let row = super::change::removal(old, self.clock.now());
        let account = row.update(transaction).await?;
        Box::pin(audit::record(transaction, &self.clock, context, removed)).await?;
        Ok(account)
    }

    /// Records an operation that succeeded and changed no account.
    pub(super) async fn record_without_change(
        &self,
        context: &AuditContext,
        result: Value,
    ) -> Result<()> {
        if context.is_recorded() {
            return Ok(());
        }
        let done = AuditChange::done(Some(result));
        audit::note(&self.db, &self.clock, context, done).await
    }
}

/// Refuses a change that is based on an earlier version. The transaction is one of [`super::sealing`],
/// as those of all writers that advance the version.
pub(super) fn check_version(
    account: &provider_account::Model,
    expected: Option<i32>,
) -> Result<()> {
    if expected.is_none_or(|expected| expected == account.version) {
        return Ok(());
    }
    let mut current = audited(account);
    // It can contain a password.
    if let Some(fields) = current.as_object_mut() {
        fields.remove("baseUrl");
    }
    Err(version::outdated(
        "provider account",
        account.version,
        current,
    ))
}

/// An account as the subject of an event, by its id alone.
pub(super) fn subject_of(id: Uuid) -> AuditSubject {
    AuditSubject::new("providerAccount", &id)
}

pub(super) fn subject(account: &provider_account::Model) -> AuditSubject {
    subject_of(account.id).named(&account.label)
}

/// The fields that an administrator can set or see, without secrets.
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
        "stopLines": account.stop_lines,
        "maxConcurrentRequests": account.max_concurrent_requests,
        "enabled": account.enabled,
        "paused": account.paused_at.is_some(),
    })
}
