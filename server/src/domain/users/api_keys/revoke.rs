//! Revoking a key, several keys in one transaction, or all of a user.

use std::collections::{HashMap, HashSet};

use entity::api_key::{self, Entity as ApiKey};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    ExprTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::Expr,
};
use serde_json::json;
use uuid::Uuid;

use super::{ApiKeys, SUBJECT, audited, subject};
use crate::domain::{
    Error, Result,
    audit::{self, AuditChange, AuditContext, AuditSubject},
};

/// The result of revoking one key.
#[derive(Clone, Debug)]
pub enum Revocation {
    Revoked(api_key::Model),
    AlreadyRevoked(api_key::Model),
    NotFound,
}

impl ApiKeys {
    /// Revokes a key and aborts its requests in flight. Revoking twice is no error.
    pub async fn revoke(&self, context: &AuditContext, id: Uuid) -> Result<api_key::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        let transaction = self.db.begin().await?;
        let old = ApiKey::find_by_id(id)
            .one(&transaction)
            .await?
            .ok_or(Error::NotFound { what: "API key" })?;
        if old.revoked_at.is_some() {
            self.record_update(context, transaction, &old, &old).await?;
            return Ok(old);
        }
        let mut key = old.clone().into_active_model();
        key.revoked_at = Set(Some(self.clock.now()));
        key.version = Set(old.version + 1);
        let key = key.update(&transaction).await?;
        self.record_update(context, transaction, &old, &key).await?;
        self.refresh(key.user_id).await?;
        Ok(key)
    }

    /// Revokes several keys in one transaction and aborts their requests in flight. One result for each id, in the
    /// order of the ids; each revoked key has an audit event, or there is one event if none was revoked.
    pub async fn revoke_many(
        &self,
        context: &AuditContext,
        ids: &[Uuid],
    ) -> Result<Vec<Revocation>> {
        let transaction = self.db.begin().await?;
        let now = self.clock.now();
        // Locked in one order, so that two callers wait for each other and each key has one event.
        let found = ApiKey::find()
            .filter(api_key::Column::Id.is_in(ids.iter().copied()))
            .order_by_asc(api_key::Column::Id)
            .lock_exclusive()
            .all(&transaction)
            .await?;
        let mut done = HashMap::with_capacity(found.len());
        let mut changes = Vec::with_capacity(found.len());
        for old in found {
            if old.revoked_at.is_some() {
                done.insert(old.id, Revocation::AlreadyRevoked(old));
                continue;
            }
            let mut key = old.clone().into_active_model();
            key.revoked_at = Set(Some(now));
            key.version = Set(old.version + 1);
            let key = key.update(&transaction).await?;
            changes.push(AuditChange::updated(
                subject(&key),
                audited(&old),
                audited(&key),
            ));
            done.insert(key.id, Revocation::Revoked(key));
        }
        if changes.is_empty() {
            let nothing = json!({ "ids": ids, "revoked": [] });
            changes.push(AuditChange::done(Some(nothing)));
        }
        for change in changes {
            audit::record(&transaction, &self.clock, context, change).await?;
        }
        transaction.commit().await?;
        let owners: HashSet<Uuid> = done.values().filter_map(Revocation::revoked_of).collect();
        if !owners.is_empty() {
            self.refresh_all(&owners).await?;
        }
        let result = |id| done.get(id).cloned().unwrap_or(Revocation::NotFound);
        Ok(ids.iter().map(result).collect())
    }

    /// Revokes all keys of a user. The caller refreshes the ring after the commit.
    pub(in crate::domain::users) async fn revoke_all(
        &self,
        connection: &impl ConnectionTrait,
        user_id: Uuid,
    ) -> Result<()> {
        ApiKey::update_many()
            .col_expr(api_key::Column::RevokedAt, Expr::value(self.clock.now()))
            .col_expr(
                api_key::Column::Version,
                Expr::col(api_key::Column::Version).add(1),
            )
            .filter(api_key::Column::UserId.eq(user_id))
            .filter(api_key::Column::RevokedAt.is_null())
            .exec(connection)
            .await?;
        Ok(())
    }
}

impl Revocation {
    /// The user whose key was revoked now.
    fn revoked_of(&self) -> Option<Uuid> {
        match self {
            Self::Revoked(key) => Some(key.user_id),
            Self::AlreadyRevoked(_) | Self::NotFound => None,
        }
    }
}
