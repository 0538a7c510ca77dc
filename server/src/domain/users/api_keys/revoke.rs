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
    /// Revokes a key and aborts its requests in flight, and if `with_created` the keys that were created with it.
    /// Revoking twice is no error.
    pub async fn revoke(
        &self,
        context: &AuditContext,
        id: Uuid,
        with_created: bool,
    ) -> Result<api_key::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        let transaction = self.db.begin().await?;
        let old = ApiKey::find_by_id(id)
            .one(&transaction)
            .await?
            .ok_or(Error::NotFound { what: "API key" })?;
        let user_id = old.user_id;
        let mut all = HashSet::from([id]);
        if with_created {
            add_created(&transaction, &HashSet::from([user_id]), &mut all).await?;
        }
        let mut key = old.clone();
        let mut changes = Vec::with_capacity(all.len());
        if old.revoked_at.is_some() {
            let unchanged = audited(&old);
            changes.push(AuditChange::updated(
                subject(&old),
                unchanged.clone(),
                unchanged,
            ));
        }
        for (revocation, change) in self.end(&transaction, &all).await? {
            if let (Revocation::Revoked(ended), true) = (&revocation, revocation.id() == Some(id)) {
                key = ended.clone();
            }
            changes.extend(change);
        }
        for change in changes {
            audit::record(&transaction, &self.clock, context, change).await?;
        }
        transaction.commit().await?;
        self.refresh(user_id).await?;
        Ok(key)
    }

    /// Revokes several keys in one transaction and aborts their requests in flight, and if `with_created` the keys that
    /// were created with them. One result for each id, in the order of the ids; each revoked key has an audit event, or
    /// there is one event if none was revoked.
    pub async fn revoke_many(
        &self,
        context: &AuditContext,
        ids: &[Uuid],
        with_created: bool,
    ) -> Result<Vec<Revocation>> {
        let transaction = self.db.begin().await?;
        let mut all: HashSet<Uuid> = ids.iter().copied().collect();
        if with_created {
            let owners = owners(&transaction, &all).await?;
            add_created(&transaction, &owners, &mut all).await?;
        }
        let mut done = HashMap::with_capacity(all.len());
        let mut changes = Vec::with_capacity(all.len());
        for (revocation, change) in self.end(&transaction, &all).await? {
            changes.extend(change);
            if let Some(id) = revocation.id() {
                done.insert(id, revocation);
            }
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

    /// Revokes those of these keys that are not revoked, with the change for the audit of each that is revoked now.
    pub(super) async fn end(
        &self,
        connection: &impl ConnectionTrait,
        ids: &HashSet<Uuid>,
    ) -> Result<Vec<(Revocation, Option<AuditChange>)>> {
        // Locked in one order, so that two callers wait for each other and each key has one event.
        let found = ApiKey::find()
            .filter(api_key::Column::Id.is_in(ids.iter().copied()))
            .order_by_asc(api_key::Column::Id)
            .lock_exclusive()
            .all(connection)
            .await?;
        let now = self.clock.now();
        let mut ended = Vec::with_capacity(found.len());
        for old in found {
            if old.revoked_at.is_some() {
                ended.push((Revocation::AlreadyRevoked(old), None));
                continue;
            }
            let mut key = old.clone().into_active_model();
            key.revoked_at = Set(Some(now));
            key.version = Set(old.version + 1);
            let key = key.update(connection).await?;
            let change = AuditChange::updated(subject(&key), audited(&old), audited(&key));
            ended.push((Revocation::Revoked(key), Some(change)));
        }
        Ok(ended)
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

/// The users that these keys belong to.
async fn owners(connection: &impl ConnectionTrait, ids: &HashSet<Uuid>) -> Result<HashSet<Uuid>> {
    let owners = ApiKey::find()
        .select_only()
        .column(api_key::Column::UserId)
        .filter(api_key::Column::Id.is_in(ids.iter().copied()))
        .into_tuple();
    Ok(owners.all(connection).await?.into_iter().collect())
}

/// Adds the keys of these users that were created with one of these keys.
async fn add_created(
    connection: &impl ConnectionTrait,
    owners: &HashSet<Uuid>,
    ids: &mut HashSet<Uuid>,
) -> Result<()> {
    let keys = ApiKey::find()
        .filter(api_key::Column::UserId.is_in(owners.iter().copied()))
        .filter(api_key::Column::CreatedWith.is_not_null());
    let keys = keys.all(connection).await?;
    let roots: Vec<Uuid> = ids.iter().copied().collect();
    let created: Vec<Uuid> = created_with(&keys, &roots).map(|key| key.id).collect();
    ids.extend(created);
    Ok(())
}

/// The keys that users created with one of `roots`, or with a key that was created so, and the replacements that they
/// made with them.
pub fn created_with<'a>(
    keys: &'a [api_key::Model],
    roots: &[Uuid],
) -> impl Iterator<Item = &'a api_key::Model> + use<'a> {
    let mut created: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for key in keys {
        if let Some(with) = key.created_with {
            created.entry(with).or_default().push(key.id);
        }
    }
    let mut found = HashSet::new();
    let mut next = roots.to_vec();
    while let Some(id) = next.pop() {
        let of_key = created.remove(&id).unwrap_or_default();
        found.extend(of_key.iter().copied());
        next.extend(of_key);
    }
    keys.iter().filter(move |key| found.contains(&key.id))
}

impl Revocation {
    /// The key's id; `None` if there is no key.
    fn id(&self) -> Option<Uuid> {
        match self {
            Self::Revoked(key) | Self::AlreadyRevoked(key) => Some(key.id),
            Self::NotFound => None,
        }
    }

    /// The user whose key was revoked now.
    fn revoked_of(&self) -> Option<Uuid> {
        match self {
            Self::Revoked(key) => Some(key.user_id),
            Self::AlreadyRevoked(_) | Self::NotFound => None,
        }
    }
}
