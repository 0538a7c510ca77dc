//! Groups of users: what a member does not set, the group decides. All groups are in memory, as there are few.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use arc_swap::ArcSwap;
use entity::{
    RateLimit,
    user::{self, Entity as User},
    user_group::{self, Entity as UserGroup},
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    IntoActiveModel as _, ModelTrait as _, PaginatorTrait as _, QueryFilter as _, QuerySelect as _,
    sea_query::Expr,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{api_keys::ApiKeys, rate_limits};
use crate::{
    clock::SharedClock,
    db::Database,
    domain::{
        Error, Result,
        audit::{self, AuditChange, AuditContext, AuditSubject},
        models,
        patch::Patch,
        text, version,
    },
};

/// Groups of a server.
const MAX_GROUPS: u64 = 500;
/// The kind of subject of audit events about groups.
const SUBJECT: &str = "userGroup";

/// All groups, by id. Reading takes no lock.
#[derive(Clone, Debug, Default)]
pub struct UserGroupTable(Arc<ArcSwap<HashMap<Uuid, user_group::Model>>>);

impl UserGroupTable {
    pub async fn load(db: &Database) -> Result<Self> {
        let table = Self::default();
        table.reload(db.reader()).await?;
        Ok(table)
    }

    async fn reload(&self, connection: &impl ConnectionTrait) -> Result<()> {
        let groups = UserGroup::find().all(connection).await?.into_iter();
        let groups = groups.map(|group| (group.id, group)).collect();
        self.0.store(Arc::new(groups));
        Ok(())
    }

    pub fn get(&self, id: Uuid) -> Option<user_group::Model> {
        self.0.load().get(&id).cloned()
    }

    /// The group of a user; `None` without one.
    pub fn of(&self, user: &user::Model) -> Option<user_group::Model> {
        self.get(user.user_group_id?)
    }

    /// All groups, by name.
    pub fn list(&self) -> Vec<user_group::Model> {
        let mut groups: Vec<_> = self.0.load().values().cloned().collect();
        groups.sort_by(|one, next| one.name.cmp(&next.name));
        groups
    }

    /// The user with the models and the rate limit that apply.
    pub fn effective(&self, user: user::Model) -> user::Model {
        let Some(group) = self.of(&user) else {
            return user;
        };
        user::Model {
            allowed_models: user.allowed_models.or(group.allowed_models),
            rate_limit: user.rate_limit.or(group.rate_limit),
            ..user
        }
    }
}

/// A group to create.
#[derive(Clone, Debug, Default)]
pub struct NewUserGroup {
    pub name: String,
    pub allowed_models: Option<Vec<String>>,
    /// Empty for the server's default.
    pub rate_limit: RateLimit,
}

/// Changes of a group; `None` keeps a value.
#[derive(Clone, Debug, Default)]
pub struct UserGroupChanges {
    pub name: Option<String>,
    pub allowed_models: Patch<Vec<String>>,
    /// The whole rate limit; empty for the server's default.
    pub rate_limit: Option<RateLimit>,
}

/// The service for groups.
#[derive(Clone, Debug)]
pub struct UserGroups {
    db: Database,
    clock: SharedClock,
    api_keys: ApiKeys,
    table: UserGroupTable,
}

impl UserGroups {
    pub fn new(db: &Database, clock: &SharedClock, api_keys: &ApiKeys) -> Self {
        Self {
            db: db.clone(),
            clock: clock.clone(),
            table: api_keys.groups().clone(),
            api_keys: api_keys.clone(),
        }
    }

    pub fn table(&self) -> &UserGroupTable {
        &self.table
    }

    /// The number of members that are not archived, of each group that has any.
    pub async fn member_counts(&self) -> Result<HashMap<Uuid, u64>> {
        let members = User::find()
            .select_only()
            .column(user::Column::UserGroupId)
            .column_as(user::Column::Id.count(), "members")
            .filter(user::Column::UserGroupId.is_not_null())
            .filter(user::Column::ArchivedAt.is_null())
            .group_by(user::Column::UserGroupId)
            .into_tuple::<(Uuid, i64)>();
        let members = members.all(self.db.reader()).await?.into_iter();
        let counts = members.map(|(id, members)| (id, members.cast_unsigned()));
        Ok(counts.collect())
    }

    pub async fn create(
        &self,
        context: &AuditContext,
        new: NewUserGroup,
    ) -> Result<user_group::Model> {
        let name = text::required("name", &new.name, 100)?;
        let group = user_group::ActiveModel {
            id: Set(Uuid::now_v7()),
            name: Set(name.clone()),
            allowed_models: Set(models::check(new.allowed_models)?),
            rate_limit: Set(rate_limits::validated(new.rate_limit)?),
            created_at: Set(self.clock.now()),
            version: Set(1),
        };
        let transaction = self.db.begin().await?;
        if UserGroup::find().count(&transaction).await? >= MAX_GROUPS {
            return Err(Error::BadInput(format!(
                "there can be at most {MAX_GROUPS} groups; delete one first"
            )));
        }
        let inserted = group.insert(&transaction).await;
        let group = inserted.map_err(|error| Error::unless_taken(error, || name_taken(&name)))?;
        let created = AuditChange::created(subject(&group), audited(&group));
        audit::record(&transaction, &self.clock, context, created).await?;
        transaction.commit().await?;
        self.table.reload(self.db.writer()).await?;
        Ok(group)
    }

    /// Changes a group. Changes take effect for all members immediately.
    pub async fn update(
        &self,
        context: &AuditContext,
        id: Uuid,
        expected_version: Option<i32>,
        changes: UserGroupChanges,
    ) -> Result<user_group::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        let transaction = self.db.begin().await?;
        let key = (user_group::Column::Id, id);
        let column = user_group::Column::Version;
        let is_current =
            version::advance::<UserGroup>(&transaction, key, column, expected_version).await?;
        let old = find(&transaction, id).await?;
        if !is_current {
            return Err(version::outdated("group", old.version, audited(&old)));
        }
        let mut group = old.clone().into_active_model();
        let mut name = String::new();
        if let Some(new) = changes.name {
            name = text::required("name", &new, 100)?;
            group.name = Set(name.clone());
        }
        if let Some(patterns) = changes.allowed_models.into_change() {
            group.allowed_models = Set(models::check(patterns)?);
        }
        if let Some(limit) = changes.rate_limit {
            group.rate_limit = Set(rate_limits::validated(limit)?);
        }
        let updated = group.update(&transaction).await;
        let group = updated.map_err(|error| Error::unless_taken(error, || name_taken(&name)))?;
        let change = AuditChange::updated(subject(&group), audited(&old), audited(&group));
        audit::record(&transaction, &self.clock, context, change).await?;
        let members = members(&transaction, id).await?;
        transaction.commit().await?;
        self.refresh(&members).await?;
        Ok(group)
    }

    /// Deletes a group. Its members stay, without a group.
    pub async fn delete(&self, context: &AuditContext, id: Uuid) -> Result<user_group::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        let turn = self.api_keys.access().turn().await;
        let transaction = self.db.begin().await?;
        let group = find(&transaction, id).await?;
        turn.forget_user_group(&transaction, id).await?;
        let members = members(&transaction, id).await?;
        User::update_many()
            .col_expr(user::Column::UserGroupId, Expr::value(None::<Uuid>))
            .filter(user::Column::UserGroupId.eq(id))
            .exec(&transaction)
            .await?;
        let removed = AuditChange::removed(subject(&group), audited(&group));
        group.clone().delete(&transaction).await?;
        audit::record(&transaction, &self.clock, context, removed).await?;
        turn.commit(transaction).await?;
        self.refresh(&members).await?;
        Ok(group)
    }

    /// Another service has changed a group.
    pub async fn reload(&self) -> Result<()> {
        self.table.reload(self.db.writer()).await
    }

    /// The keys of members follow the groups.
    async fn refresh(&self, members: &HashSet<Uuid>) -> Result<()> {
        self.table.reload(self.db.writer()).await?;
        self.api_keys.refresh_all(members).await
    }
}

/// A group that a user is put into.
pub(super) async fn find(connection: &impl ConnectionTrait, id: Uuid) -> Result<user_group::Model> {
    let group = UserGroup::find_by_id(id).one(connection).await?;
    group.ok_or(Error::NotFound { what: "user group" })
}

async fn members(connection: &impl ConnectionTrait, id: Uuid) -> Result<HashSet<Uuid>> {
    let ids = User::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::UserGroupId.eq(id))
        .into_tuple()
        .all(connection);
    Ok(ids.await?.into_iter().collect())
}

fn subject(group: &user_group::Model) -> AuditSubject {
    AuditSubject::new(SUBJECT, &group.id).named(&group.name)
}

fn audited(group: &user_group::Model) -> Value {
    json!({
        "name": group.name,
        "allowedModels": group.allowed_models,
        "rateLimit": group.rate_limit,
    })
}

fn name_taken(name: &str) -> String {
    format!("there is a group named {name:?} already; choose another name")
}
