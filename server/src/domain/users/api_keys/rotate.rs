//! Replacing a key.

use chrono::TimeDelta;
use entity::{api_key, user};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, DatabaseTransaction, IntoActiveModel as _};
use uuid::Uuid;

use super::{ApiKeys, IssuedApiKey, NewApiKey, SUBJECT, active_user, audited, clients_of, subject};
use crate::domain::{
    Error, Result,
    account_groups::AccessTurn,
    audit::{self, AuditChange, AuditContext, AuditSubject},
    users::quotas,
};

const MAX_GRACE: TimeDelta = TimeDelta::days(30);

/// Fails unless the grace period is one that a rotation may have.
pub(super) fn check_grace(grace: TimeDelta) -> Result<()> {
    if grace < TimeDelta::zero() || grace > MAX_GRACE {
        return Err(Error::bad_input(
            "graceSeconds must be between 0 and 2592000 (30 days)",
        ));
    }
    Ok(())
}

impl ApiKeys {
    /// Issues a replacement with the settings of a key, which stops working after the grace period.
    pub async fn rotate(
        &self,
        context: &AuditContext,
        id: Uuid,
        grace: TimeDelta,
    ) -> Result<(IssuedApiKey, api_key::Model)> {
        context.about(AuditSubject::new(SUBJECT, &id));
        check_grace(grace)?;
        // The replacement gets the usage of the quotas too: none may be committed meanwhile.
        let _turn = self.ledger.turn().await;
        let access = self.access.turn().await;
        let transaction = self.db.begin().await?;
        let old = self.next_version(&transaction, id, None).await?;
        if old.signed_in_at.is_some() {
            return Err(Error::Conflict(
                "an agent's sign-in has no key to rotate; revoke it, and sign in again".to_owned(),
            ));
        }
        let user = active_user(&transaction, old.user_id).await?;
        self.replace(context, (access, transaction), (user, old), (grace, None))
            .await
    }

    /// Issues the replacement and commits it. The caller holds [`Ledger::turn`](crate::domain::ledger::Ledger::turn)
    /// and has advanced the version of the old key. `created_with` is the key with which its user rotates it.
    pub(super) async fn replace(
        &self,
        context: &AuditContext,
        (access, transaction): (AccessTurn, DatabaseTransaction),
        (user, old): (user::Model, api_key::Model),
        (grace, created_with): (TimeDelta, Option<Uuid>),
    ) -> Result<(IssuedApiKey, api_key::Model)> {
        let new = NewApiKey {
            name: Some(old.name.clone()),
            expires_at: old.expires_at,
            allowed_models: old.allowed_models.clone().map(|models| models.0),
            allowed_networks: old.allowed_networks.clone().map(|networks| networks.0),
            allowed_clients: clients_of(&old),
            rate_limit: old.rate_limit.unwrap_or_default(),
            created_with: created_with.or(old.created_with),
        };
        let issued = self.insert(&transaction, &user, new).await?;
        quotas::inherit(&transaction, old.id, issued.api_key.id).await?;
        access
            .inherit(&transaction, old.id, issued.api_key.id)
            .await?;
        quotas::reload(&transaction, &self.ledger, user.id).await?;
        let now = self.clock.now();
        let mut replaced = old.clone().into_active_model();
        replaced.replaced_by = Set(Some(issued.api_key.id));
        if grace.is_zero() {
            replaced.revoked_at = Set(Some(now));
        } else {
            let end = now + grace;
            replaced.expires_at = Set(Some(old.expires_at.map_or(end, |expiry| expiry.min(end))));
        }
        let replaced = replaced.update(&transaction).await?;
        let mut after = audited(&replaced);
        after["replacedBy"] = audited(&issued.api_key);
        let rotated = AuditChange::updated(subject(&replaced), audited(&old), after);
        audit::record(&transaction, &self.clock, context, rotated).await?;
        access.commit(transaction).await?;
        self.refresh(user.id).await?;
        Ok((issued, replaced))
    }
}
