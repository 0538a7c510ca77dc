//! Users, their API keys, quotas and rate limits.

pub mod api_keys;
mod groups;
mod import;
mod invitations;
mod list;
pub mod quotas;
pub(in crate::domain) mod rate_limits;

use std::collections::{BTreeMap, BTreeSet};

use entity::{
    RateLimit,
    user::{self, Entity as User},
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait,
    DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
};
use serde_json::{Value, json};
use uuid::Uuid;

use self::{
    api_keys::{ApiKeys, IssuedApiKey, NewApiKey, active_user},
    quotas::NewQuota,
};
pub use self::{
    groups::{NewUserGroup, UserGroupChanges, UserGroupTable, UserGroups},
    import::{ImportedUser, MAX_IMPORTED},
    invitations::{InvitationState, NewUserInvitation, UserInvitations},
    list::{UserFilter, UserOrder, UserOrderField, id_of},
};
use crate::{
    clock::SharedClock,
    db::Database,
    domain::{
        Error, Result,
        account_groups::AccessTurn,
        audit::{self, AuditChange, AuditContext, AuditSubject},
        models,
        patch::Patch,
        text, version,
    },
};

/// The kind of subject of audit events about users.
const SUBJECT: &str = "user";

/// A user to create.
#[derive(Clone, Debug, Default)]
pub struct NewUser {
    pub name: String,
    pub email: Option<String>,
    pub note: Option<String>,
    /// The group whose models and rate limit apply where the user has none.
    pub group_id: Option<Uuid>,
    pub allowed_models: Option<Vec<String>>,
    pub quotas: Vec<NewQuota>,
    /// Empty for the server's default.
    pub rate_limit: RateLimit,
    /// The first key, which every user gets.
    pub api_key: NewApiKey,
}

/// Changes of a user; `None` keeps a value.
#[derive(Clone, Debug, Default)]
pub struct UserChanges {
    pub name: Option<String>,
    pub email: Patch<String>,
    pub note: Patch<String>,
    pub enabled: Option<bool>,
    pub allowed_models: Patch<Vec<String>>,
    pub group_id: Patch<Uuid>,
}

/// The service for users.
#[derive(Clone, Debug)]
pub struct Users {
    db: Database,
    clock: SharedClock,
    api_keys: ApiKeys,
}

impl Users {
    pub fn new(db: Database, clock: SharedClock, api_keys: ApiKeys) -> Self {
        Self {
            db,
            clock,
            api_keys,
        }
    }

    /// Creates a user and a first key.
    pub async fn create(
        &self,
        context: &AuditContext,
        new: NewUser,
    ) -> Result<(user::Model, IssuedApiKey)> {
        let turn = self.turn(new.group_id.is_some()).await;
        let transaction = self.db.begin().await?;
        let (user, issued) = self.insert(context, &transaction, new).await?;
        commit(transaction, turn).await?;
        self.api_keys.refresh(user.id).await?;
        Ok((user, issued))
    }

    /// Creates users, each with a first key: all or none of them.
    async fn create_all(
        &self,
        context: &AuditContext,
        new: Vec<NewUser>,
    ) -> Result<Vec<(user::Model, IssuedApiKey)>> {
        let turn = self.turn(new.iter().any(|user| user.group_id.is_some()));
        let turn = turn.await;
        let transaction = self.db.begin().await?;
        let mut created = Vec::with_capacity(new.len());
        for user in new {
            created.push(self.insert(context, &transaction, user).await?);
        }
        commit(transaction, turn).await?;
        let ids = created.iter().map(|(user, _)| user.id).collect();
        self.api_keys.refresh_all(&ids).await?;
        Ok(created)
    }

    /// Stores a new user and a first key, with their audit event. The caller refreshes the keys after the commit.
    async fn insert(
        &self,
        context: &AuditContext,
        transaction: &DatabaseTransaction,
        new: NewUser,
    ) -> Result<(user::Model, IssuedApiKey)> {
        let now = self.clock.now();
        let name = text::required("name", &new.name, 100)?;
        let wanted = quotas::read_all(&new.quotas)?;
        let user = user::ActiveModel {
            id: Set(Uuid::now_v7()),
            name: Set(name.clone()),
            email: Set(text::optional("email", new.email.as_deref(), 254)?),
            note: Set(text::optional("note", new.note.as_deref(), 2000)?),
            enabled: Set(true),
            user_group_id: Set(new.group_id),
            allowed_models: Set(models::check(new.allowed_models)?),
            rate_limit: Set(rate_limits::validated(new.rate_limit)?),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        let policy = self.api_keys.policy();
        policy.check_expiry(new.api_key.expires_at, now)?;
        if let Some(id) = new.group_id {
            groups::find(transaction, id).await?;
        }
        let user = user
            .insert(transaction)
            .await
            .map_err(|error| Error::unless_taken(error, || name_taken(&name)))?;
        let keys = &self.api_keys;
        let issued = keys.insert(transaction, &user, new.api_key).await?;
        quotas::begin(transaction, keys.ledger(), &user, wanted).await?;
        let mut after = audited(&user);
        after["apiKey"] = api_keys::audited(&issued.api_key);
        after["quotas"] = quotas::audited(transaction, user.id, None).await?;
        let created = AuditChange::created(subject(&user), after);
        audit::record(transaction, &self.clock, context, created).await?;
        Ok((user, issued))
    }

    /// Includes archived users.
    pub async fn find(&self, id: Uuid) -> Result<Option<user::Model>> {
        Ok(User::find_by_id(id).one(self.db.reader()).await?)
    }

    /// Includes archived users; unknown ids are skipped.
    pub async fn find_many(&self, ids: &[Uuid]) -> Result<Vec<user::Model>> {
        let users = User::find().filter(user::Column::Id.is_in(ids.iter().copied()));
        Ok(users.all(self.db.reader()).await?)
    }

    /// Changes a user. Requests in flight of a disabled user are aborted. Fails if the user does not have the
    /// expected version.
    pub async fn update(
        &self,
        context: &AuditContext,
        id: Uuid,
        expected_version: Option<i32>,
        changes: UserChanges,
    ) -> Result<user::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        let group_id = changes.group_id.into_change();
        let turn = self.turn(group_id.is_some()).await;
        let transaction = self.db.begin().await?;
        let old = next_version(&transaction, id, expected_version).await?;
        let before = audited(&old);
        let mut user = old.into_active_model();
        let mut name = String::new();
        if let Some(new) = changes.name {
            name = text::required("name", &new, 100)?;
            user.name = Set(name.clone());
        }
        if let Some(email) = changes.email.into_change() {
            user.email = Set(text::optional("email", email.as_deref(), 254)?);
        }
        if let Some(note) = changes.note.into_change() {
            user.note = Set(text::optional("note", note.as_deref(), 2000)?);
        }
        if let Some(enabled) = changes.enabled {
            user.enabled = Set(enabled);
        }
        if let Some(patterns) = changes.allowed_models.into_change() {
            user.allowed_models = Set(models::check(patterns)?);
        }
        if let Some(id) = group_id {
            if let Some(id) = id {
                groups::find(&transaction, id).await?;
            }
            user.user_group_id = Set(id);
        }
        user.updated_at = Set(self.clock.now());
        let user = user
            .update(&transaction)
            .await
            .map_err(|error| Error::unless_taken(error, || name_taken(&name)))?;
        self.record_update(context, (transaction, turn), before, &user)
            .await?;
        self.api_keys.refresh(id).await?;
        Ok(user)
    }

    /// Enables or disables users, all or none of them.
    pub async fn set_enabled(
        &self,
        context: &AuditContext,
        ids: &[Uuid],
        enabled: bool,
    ) -> Result<Vec<user::Model>> {
        let transaction = self.db.begin().await?;
        let mut users = BTreeMap::new();
        let mut changes = Vec::with_capacity(ids.len());
        // Locked in one order, so that two callers wait for each other.
        for id in ids.iter().copied().collect::<BTreeSet<_>>() {
            let old = next_version(&transaction, id, None).await?;
            let before = audited(&old);
            let mut user = old.into_active_model();
            user.enabled = Set(enabled);
            user.updated_at = Set(self.clock.now());
            let user = user.update(&transaction).await?;
            changes.push(AuditChange::updated(subject(&user), before, audited(&user)));
            users.insert(id, user);
        }
        if changes.is_empty() {
            let nothing = json!({ "ids": [], "enabled": enabled });
            changes.push(AuditChange::done(Some(nothing)));
        }
        for change in changes {
            audit::record(&transaction, &self.clock, context, change).await?;
        }
        transaction.commit().await?;
        let owners = ids.iter().copied().collect();
        self.api_keys.refresh_all(&owners).await?;
        Ok(ids.iter().filter_map(|id| users.get(id).cloned()).collect())
    }

    /// Archives a user: revokes the keys, frees the name, keeps the history.
    pub async fn archive(&self, context: &AuditContext, id: Uuid) -> Result<user::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        let transaction = self.db.begin().await?;
        let old = next_version(&transaction, id, None).await?;
        let before = audited(&old);
        let now = self.clock.now();
        let mut user = old.into_active_model();
        user.enabled = Set(false);
        user.archived_at = Set(Some(now));
        user.alert_address = Set(None);
        user.alert_address_confirmed_at = Set(None);
        user.updated_at = Set(now);
        let user = user.update(&transaction).await?;
        self.api_keys.revoke_all(&transaction, id).await?;
        self.record_update(context, (transaction, None), before, &user)
            .await?;
        self.api_keys.refresh(id).await?;
        Ok(user)
    }

    /// The right to change which accounts users may use, for a change of a user's group.
    async fn turn(&self, changes_group: bool) -> Option<AccessTurn> {
        if changes_group {
            Some(self.api_keys.access().turn().await)
        } else {
            None
        }
    }

    /// Records the change in the audit and commits it.
    async fn record_update(
        &self,
        context: &AuditContext,
        (transaction, turn): (DatabaseTransaction, Option<AccessTurn>),
        before: Value,
        user: &user::Model,
    ) -> Result<()> {
        let updated = AuditChange::updated(subject(user), before, audited(user));
        audit::record(&transaction, &self.clock, context, updated).await?;
        commit(transaction, turn).await
    }
}

async fn commit(transaction: DatabaseTransaction, turn: Option<AccessTurn>) -> Result<()> {
    match turn {
        Some(turn) => turn.commit(transaction).await,
        None => Ok(transaction.commit().await?),
    }
}

/// Advances the version of a user who is not archived, if it is the expected one, and locks the user until the
/// transaction ends.
async fn next_version(
    connection: &impl ConnectionTrait,
    id: Uuid,
    expected: Option<i32>,
) -> Result<user::Model> {
    let key = (user::Column::Id, id);
    let is_current =
        version::advance::<User>(connection, key, user::Column::Version, expected).await?;
    let user = active_user(connection, id).await?;
    if is_current {
        Ok(user)
    } else {
        Err(version::outdated("user", user.version, audited(&user)))
    }
}

/// A user, for the audit.
fn subject(user: &user::Model) -> AuditSubject {
    AuditSubject::new(SUBJECT, &user.id).named(&user.name)
}

/// The fields of a user, for the audit.
fn audited(user: &user::Model) -> Value {
    json!({
        "name": user.name,
        "email": user.email,
        "note": user.note,
        "enabled": user.enabled,
        "userGroupId": user.user_group_id,
        "allowedModels": user.allowed_models,
        "rateLimit": user.rate_limit,
        "archivedAt": user.archived_at,
    })
}

fn name_taken(name: &str) -> String {
    format!("there is a user named {name:?} already; choose another name")
}
