//! Re-encrypts all secrets in the database with the current key, so that the previous key can be removed.

use entity::{
    admin::{self, Entity as Admin},
    notification_channel::{self, Entity as Channel},
    provider_account::{self, Entity as ProviderAccount},
    secret::{self, Entity as Secret},
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use serde_json::json;

use super::{
    Error, Result, admins,
    audit::{Audit, AuditChange, AuditContext},
    notifications, provider_accounts,
};
use crate::{crypto::vault::Vault, db::Database};

/// The result of a rotation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Values that were re-encrypted.
    pub re_encrypted: usize,
    /// Values that had the current key already.
    pub current: usize,
    /// Values that neither key decrypts; they are left unchanged.
    pub unopened: Vec<String>,
}

impl Rotated {
    /// The value under the current key; `None` if it has that key already.
    fn reseal(&mut self, vault: &Vault, owner: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>> {
        if vault.is_current(sealed) {
            self.current += 1;
            return Ok(None);
        }
        match vault.open(owner, sealed) {
            Ok(opened) => Ok(Some(vault.seal(owner, &opened)?)),
            Err(error) => {
                self.unopened.push(format!("{owner}: {error}"));
                Ok(None)
            }
        }
    }
}

/// Re-encrypts value by value; can be interrupted and repeated. The server's own secrets are last: while any value
/// needs the previous key, a start without that key fails.
pub async fn rotate(db: &Database, vault: &Vault) -> Result<Rotated> {
    let mut rotated = Rotated::default();
    let accounts = ProviderAccount::find().filter(provider_account::Column::RemovedAt.is_null());
    for account in accounts.all(db.reader()).await? {
        let owner = provider_accounts::owner(account.id);
        if let Some(sealed) = rotated.reseal(vault, &owner, &account.sealed)? {
            ProviderAccount::update_many()
                .col_expr(provider_account::Column::Sealed, sealed.into())
                .filter(provider_account::Column::Id.eq(account.id))
                .exec(db.writer())
                .await?;
            rotated.re_encrypted += 1;
        }
    }
    rotate_second_factors(db, vault, &mut rotated).await?;
    rotate_channels(db, vault, &mut rotated).await?;
    if !rotated.unopened.is_empty() {
        return Ok(rotated);
    }
    for row in Secret::find().all(db.reader()).await? {
        if let Some(sealed) = rotated.reseal(vault, &row.name, &row.sealed)? {
            Secret::update_many()
                .col_expr(secret::Column::Sealed, sealed.into())
                .filter(secret::Column::Name.eq(&row.name))
                .exec(db.writer())
                .await?;
            rotated.re_encrypted += 1;
        }
    }
    Ok(rotated)
}

async fn rotate_second_factors(db: &Database, vault: &Vault, rotated: &mut Rotated) -> Result<()> {
    for admin in Admin::find().all(db.reader()).await? {
        let Some(sealed) = &admin.totp_sealed else {
            continue;
        };
        if let Some(sealed) = rotated.reseal(vault, &admins::owner(admin.id), sealed)? {
            Admin::update_many()
                .col_expr(admin::Column::TotpSealed, sealed.into())
                .filter(admin::Column::Id.eq(admin.id))
                .exec(db.writer())
                .await?;
            rotated.re_encrypted += 1;
        }
    }
    Ok(())
}

async fn rotate_channels(db: &Database, vault: &Vault, rotated: &mut Rotated) -> Result<()> {
    for channel in Channel::find().all(db.reader()).await? {
        let owner = notifications::owner(channel.id);
        if let Some(sealed) = rotated.reseal(vault, &owner, &channel.sealed)? {
            Channel::update_many()
                .col_expr(notification_channel::Column::Sealed, sealed.into())
                .filter(notification_channel::Column::Id.eq(channel.id))
                .exec(db.writer())
                .await?;
            rotated.re_encrypted += 1;
        }
    }
    Ok(())
}

impl Rotated {
    /// Records the rotation in the audit. Not in one transaction with it: a rotation has many small transactions, so
    /// that it can be continued after an interruption.
    pub async fn record(&self, context: &AuditContext, audit: &Audit) -> Result<()> {
        let done = json!({
            "reEncrypted": self.re_encrypted,
            "current": self.current,
            "unopened": self.unopened.len(),
        });
        audit.note(context, AuditChange::done(Some(done))).await
    }

    /// Fails if some values could not be decrypted.
    pub fn complete(self) -> Result<Self> {
        if self.unopened.is_empty() {
            return Ok(self);
        }
        Err(Error::BadInput(format!(
            "re-encrypted {} secrets; these could not be decrypted and were left unchanged:\n  {}\nAdd the key \
             that encrypted them to ENCRYPTION_KEY_PREVIOUS and run this again, or remove these \
             accounts. Keep ENCRYPTION_KEY_PREVIOUS until then.",
            self.re_encrypted,
            self.unopened.join("\n  ")
        )))
    }
}
