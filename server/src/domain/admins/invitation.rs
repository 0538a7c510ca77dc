//! One-time links with which new administrators choose their password.

use chrono::{DateTime, TimeDelta, Utc};
use entity::admin::{self, Entity as Admin};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QuerySelect as _,
};
use secrecy::SecretString;
use uuid::Uuid;

use super::{Admins, Error, Result, audited, not_found, passwords, subject, subject_of};
use crate::{
    crypto::token::{self, Digester},
    domain::audit::{self, AuditChange, AuditContext},
};

pub(super) const PREFIX: &str = "invite-";
const LIFE: TimeDelta = TimeDelta::days(7);

/// A new one-time link. Its token is not stored and cannot be shown again.
pub(super) struct Invitation {
    pub(super) token: SecretString,
    digest: Vec<u8>,
    expires_at: DateTime<Utc>,
}

impl Invitation {
    pub(super) fn new(digester: &Digester, now: DateTime<Utc>) -> Self {
        let token = token::generate(PREFIX);
        Self {
            digest: digester.digest(token.as_bytes()).to_vec(),
            token: SecretString::from(token.as_str()),
            expires_at: now + LIFE,
        }
    }

    pub(super) fn write(&self, admin: &mut admin::ActiveModel) {
        admin.invitation_digest = Set(Some(self.digest.clone()));
        admin.invitation_expires_at = Set(Some(self.expires_at));
    }
}

impl Admins {
    /// Creates a new link and invalidates the earlier one, which was lost or has expired.
    pub async fn invite_again(
        &self,
        context: &AuditContext,
        id: Uuid,
    ) -> Result<(admin::Model, SecretString)> {
        context.about(subject_of(id));
        let transaction = self.db.begin().await?;
        let old = Admin::find_by_id(id).one(&transaction).await?;
        let old = old.ok_or_else(not_found)?;
        if !old.password_hash.is_empty() {
            return Err(Error::Conflict(
                "this administrator has a password already; reset a forgotten one on the server"
                    .to_owned(),
            ));
        }
        let invitation = Invitation::new(&self.digester, self.clock.now());
        let mut admin = old.clone().into_active_model();
        invitation.write(&mut admin);
        let admin = admin.update(&transaction).await?;
        let updated = AuditChange::updated(subject(&admin), audited(&old), audited(&admin));
        audit::record(&transaction, &self.clock, context, updated).await?;
        transaction.commit().await?;
        Ok((admin, invitation.token))
    }

    /// Sets the first password of an invited administrator. The link works once.
    pub(super) async fn accept_invitation(
        &self,
        context: &AuditContext,
        presented: &str,
        password: SecretString,
    ) -> Result<admin::Model> {
        passwords::check(&password)?;
        let hash = self.passwords.hash(password).await?;
        let digest = self.digester.digest(presented.as_bytes());
        let now = self.clock.now();
        let transaction = self.db.begin().await?;
        let invited = Admin::find()
            .filter(admin::Column::InvitationDigest.eq(digest.as_slice()))
            .filter(admin::Column::InvitationExpiresAt.gt(now))
            .filter(admin::Column::Enabled.eq(true))
            .lock_exclusive()
            .one(&transaction)
            .await?;
        let Some(old) = invited else {
            return Err(Error::WrongCredentials(
                "the set-up link is invalid, was used or has expired; ask an owner for a new one",
            ));
        };
        let context = &context.authenticated((&old).into());
        let mut admin = old.clone().into_active_model();
        admin.password_hash = Set(hash);
        admin.invitation_digest = Set(None);
        admin.invitation_expires_at = Set(None);
        admin.updated_at = Set(now);
        let admin = admin.update(&transaction).await?;
        let updated = AuditChange::updated(subject(&admin), audited(&old), audited(&admin));
        audit::record(&transaction, &self.clock, context, updated).await?;
        transaction.commit().await?;
        Ok(admin)
    }
}
