//! Administrators' passwords: set, change, reset.

use entity::admin::{self, Entity as Admin};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, DatabaseTransaction,
    EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{Admins, Error, Result, not_found, subject};
use crate::domain::{
    audit::{self, AuditChange, AuditContext},
    sessions::AdminSession,
};

const MIN_LENGTH: usize = 12;
const MAX_LENGTH: usize = 1024;

struct NewPassword {
    hash: String,
    /// The session that is not ended.
    kept: Option<uuid::Uuid>,
    without_second_factor: bool,
}

impl Admins {
    pub(super) async fn is_password_of(
        &self,
        admin: Option<&admin::Model>,
        password: SecretString,
    ) -> Result<bool> {
        let hash = admin.map(|admin| admin.password_hash.clone());
        let hash = hash.filter(|hash| !hash.is_empty());
        Ok(self.passwords.verify(password, hash).await?)
    }

    /// Verifies the administrator's password before a sensitive action. Fails if the session ended while the password
    /// was verified.
    pub async fn confirm(&self, own: &AdminSession, password: SecretString) -> Result<()> {
        if !self.is_password_of(Some(&own.admin), password).await? {
            return Err(Error::bad_input("the password is incorrect"));
        }
        self.sessions
            .require_unchanged(self.db.reader(), own)
            .await?;
        Ok(())
    }

    /// Changes the own password and ends all other sessions. Returns how many.
    pub async fn change_password(
        &self,
        context: &AuditContext,
        own: &AdminSession,
        current: SecretString,
        new: SecretString,
    ) -> Result<usize> {
        context.about(subject(&own.admin));
        check(&new)?;
        if !self.is_password_of(Some(&own.admin), current).await? {
            return Err(Error::bad_input("the current password is incorrect"));
        }
        let hash = self.passwords.hash(new).await?;
        let transaction = self.db.begin().await?;
        let admin = self.sessions.require_unchanged(&transaction, own).await?;
        let new = NewPassword {
            hash,
            kept: Some(own.session.id),
            without_second_factor: false,
        };
        self.set_password(context, transaction, admin, new).await
    }

    /// Resets a password from the command line, without the current one, and optionally removes the second factor. Ends
    /// all sessions and returns how many.
    pub async fn reset_password(
        &self,
        context: &AuditContext,
        username: &str,
        new: SecretString,
        without_second_factor: bool,
    ) -> Result<usize> {
        check(&new)?;
        let admin = Admin::find().filter(admin::Column::Username.eq(username));
        match admin.one(self.db.reader()).await? {
            Some(admin) => {
                let hash = self.passwords.hash(new).await?;
                let transaction = self.db.begin().await?;
                let new = NewPassword {
                    hash,
                    kept: None,
                    without_second_factor,
                };
                self.set_password(context, transaction, admin, new).await
            }
            None if Admin::find().count(self.db.reader()).await? == 0 => {
                self.create_first(context, username, new).await?;
                Ok(0)
            }
            None => Err(not_found()),
        }
    }

    async fn set_password(
        &self,
        context: &AuditContext,
        transaction: DatabaseTransaction,
        old: admin::Model,
        new: NewPassword,
    ) -> Result<usize> {
        let mut admin = old.clone().into_active_model();
        admin.password_hash = Set(new.hash);
        admin.invitation_digest = Set(None);
        admin.invitation_expires_at = Set(None);
        admin.updated_at = Set(self.clock.now());
        let had_second_factor = old.totp_confirmed_at.is_some();
        if new.without_second_factor {
            Self::forget_second_factor(&transaction, &mut admin).await?;
        }
        let admin = admin.update(&transaction).await?;
        let kept_factor = admin.totp_confirmed_at.is_some();
        let change = AuditChange::updated(
            subject(&admin),
            json!({ "password": "previous", "secondFactor": had_second_factor }),
            json!({ "password": "new", "secondFactor": kept_factor }),
        );
        audit::record(&transaction, &self.clock, context, change).await?;
        let ended = self
            .sessions
            .delete_others(context, &transaction, admin.id, new.kept)
            .await?;
        transaction.commit().await?;
        self.sessions.announce_end(&ended);
        Ok(ended.len())
    }
}

pub(super) fn check(password: &SecretString) -> Result<()> {
    let length = password.expose_secret().chars().count();
    if length < MIN_LENGTH {
        return Err(Error::BadInput(format!(
            "a password must have at least {MIN_LENGTH} characters"
        )));
    }
    if length > MAX_LENGTH {
        return Err(Error::BadInput(format!(
            "a password must have at most {MAX_LENGTH} characters"
        )));
    }
    Ok(())
}
