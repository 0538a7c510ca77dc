//! The people whose tools call the gateway: create, change, disable, archive.

use entity::{
    RateLimit,
    user::{self, Entity as User},
};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::Set,
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, ExprTrait as _,
    IntoActiveModel as _, Order, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Select,
    sea_query::{Expr, Func, LikeExpr},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Error, Result,
    api_keys::{self, ApiKeys, IssuedApiKey, NewApiKey},
    audit::{self, AuditChange, AuditContext, AuditSubject},
    models,
    paging::{Page, PageRequest},
    patch::Patch,
    quotas::{self, NewQuota},
    rate_limits, text,
};
use crate::{clock::SharedClock, db::Database};

/// The kind of subject that the audit calls a user.
pub(super) const SUBJECT: &str = "user";

/// What a new user is like.
#[derive(Clone, Debug, Default)]
pub struct NewUser {
    pub name: String,
    pub email: Option<String>,
    pub note: Option<String>,
    pub allowed_models: Option<Vec<String>>,
    pub quotas: Vec<NewQuota>,
    /// How fast the user may call; the server's default when it limits nothing.
    pub rate_limit: RateLimit,
    /// Every user begins with a key.
    pub api_key: NewApiKey,
}

/// What to change about a user.
#[derive(Clone, Debug, Default)]
pub struct UserChanges {
    pub name: Option<String>,
    pub email: Patch<String>,
    pub note: Patch<String>,
    pub enabled: Option<bool>,
    pub allowed_models: Patch<Vec<String>>,
}

/// Which users are wanted.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// Part of a name or an e-mail address, in any case.
    pub search: Option<String>,
    pub enabled: Option<bool>,
    pub archived: bool,
}

/// By what users are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserOrderField {
    Name,
    #[default]
    CreatedAt,
    LastUsedAt,
}

/// The order of a list of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserOrder {
    pub field: UserOrderField,
    pub descending: bool,
}

/// All users.
#[derive(Clone, Debug)]
pub struct Users {
    db: Database,
    clock: SharedClock,
    api_keys: ApiKeys,
}

impl Users {
    /// The service over this database.
    pub fn new(db: Database, clock: SharedClock, api_keys: ApiKeys) -> Self {
        Self {
            db,
            clock,
            api_keys,
        }
    }

    /// Creates a user together with a first key.
    pub async fn create(
        &self,
        context: &AuditContext,
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
            allowed_models: Set(models::check(new.allowed_models)?),
            rate_limit: Set(rate_limits::own(new.rate_limit)?),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        let transaction = self.db.begin().await?;
        let user = user
            .insert(&transaction)
            .await
            .map_err(|error| Error::unless_taken(error, || name_taken(&name)))?;
        let issued = self
            .api_keys
            .insert(&transaction, &user, new.api_key)
            .await?;
        quotas::begin(&transaction, self.api_keys.ledger(), &user, wanted).await?;
        let mut after = audited(&user);
        after["apiKey"] = api_keys::audited(&issued.api_key);
        after["quotas"] = quotas::audited(&transaction, user.id, None).await?;
        let created = AuditChange::created(subject(&user), after);
        audit::record(&transaction, &self.clock, context, created).await?;
        transaction.commit().await?;
        self.api_keys.refresh(user.id).await?;
        Ok((user, issued))
    }

    /// Finds a user, archived or not.
    pub async fn find(&self, id: Uuid) -> Result<Option<user::Model>> {
        Ok(User::find_by_id(id).one(self.db.reader()).await?)
    }

    /// Finds users by id.
    pub async fn find_many(&self, ids: &[Uuid]) -> Result<Vec<user::Model>> {
        let users = User::find().filter(user::Column::Id.is_in(ids.iter().copied()));
        Ok(users.all(self.db.reader()).await?)
    }

    /// A page of users. A cursor is the id of a user.
    pub async fn list(
        &self,
        filter: &UserFilter,
        order: UserOrder,
        page: &PageRequest,
    ) -> Result<Page<user::Model>> {
        let window = page.window()?;
        let descending = order.descending != window.backwards;
        let mut query = filtered(filter);
        if let Some(cursor) = &window.cursor {
            let id = cursor
                .parse()
                .map_err(|_| Error::bad_input("this cursor is not one of ours"))?;
            query = query.filter(beyond(order.field, descending, id));
        }
        let direction = if descending { Order::Desc } else { Order::Asc };
        let users = query
            .order_by(sort_key(order.field), direction.clone())
            .order_by(user::Column::Id, direction)
            .limit(window.limit + 1)
            .all(self.db.reader())
            .await?;
        Ok(window.page(users))
    }

    /// How many users there are.
    pub async fn count(&self, filter: &UserFilter) -> Result<u64> {
        Ok(filtered(filter).count(self.db.reader()).await?)
    }

    /// Changes a user. What is disabled or restricted is so at once.
    pub async fn update(
        &self,
        context: &AuditContext,
        id: Uuid,
        changes: UserChanges,
    ) -> Result<user::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        let transaction = self.db.begin().await?;
        let old = living(&transaction, id).await?;
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
        user.updated_at = Set(self.clock.now());
        let user = user
            .update(&transaction)
            .await
            .map_err(|error| Error::unless_taken(error, || name_taken(&name)))?;
        self.record_update(context, transaction, before, &user)
            .await?;
        self.api_keys.refresh(id).await?;
        Ok(user)
    }

    /// Enables or disables several users, all or none of them.
    pub async fn set_enabled(
        &self,
        context: &AuditContext,
        ids: &[Uuid],
        enabled: bool,
    ) -> Result<Vec<user::Model>> {
        let transaction = self.db.begin().await?;
        let mut users = Vec::with_capacity(ids.len());
        let mut changes = Vec::with_capacity(ids.len());
        for id in ids {
            let old = living(&transaction, *id).await?;
            let before = audited(&old);
            let mut user = old.into_active_model();
            user.enabled = Set(enabled);
            user.updated_at = Set(self.clock.now());
            let user = user.update(&transaction).await?;
            changes.push(AuditChange::updated(subject(&user), before, audited(&user)));
            users.push(user);
        }
        if changes.is_empty() {
            let nothing = AuditChange::done(Some(json!({ "ids": [], "enabled": enabled })));
            changes.push(nothing);
        }
        for change in changes {
            audit::record(&transaction, &self.clock, context, change).await?;
        }
        transaction.commit().await?;
        for id in ids {
            self.api_keys.refresh(*id).await?;
        }
        Ok(users)
    }

    /// Archives a user: the keys die, the name is free again, the history stays.
    pub async fn archive(&self, context: &AuditContext, id: Uuid) -> Result<user::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        let transaction = self.db.begin().await?;
        let old = living(&transaction, id).await?;
        let before = audited(&old);
        let now = self.clock.now();
        let mut user = old.into_active_model();
        user.enabled = Set(false);
        user.archived_at = Set(Some(now));
        user.updated_at = Set(now);
        let user = user.update(&transaction).await?;
        self.api_keys.revoke_all(&transaction, id).await?;
        self.record_update(context, transaction, before, &user)
            .await?;
        self.api_keys.refresh(id).await?;
        Ok(user)
    }

    /// Commits a change together with the event about it.
    async fn record_update(
        &self,
        context: &AuditContext,
        transaction: DatabaseTransaction,
        before: Value,
        user: &user::Model,
    ) -> Result<()> {
        let updated = AuditChange::updated(subject(user), before, audited(user));
        audit::record(&transaction, &self.clock, context, updated).await?;
        Ok(transaction.commit().await?)
    }
}

async fn living(transaction: &DatabaseTransaction, id: Uuid) -> Result<user::Model> {
    api_keys::active_user(transaction, id).await
}

/// A user, for the audit.
pub(super) fn subject(user: &user::Model) -> AuditSubject {
    AuditSubject::new(SUBJECT, &user.id).named(&user.name)
}

/// What the audit tells of a user.
fn audited(user: &user::Model) -> Value {
    json!({
        "name": user.name,
        "email": user.email,
        "note": user.note,
        "enabled": user.enabled,
        "allowedModels": user.allowed_models,
        "rateLimit": user.rate_limit,
        "archivedAt": user.archived_at,
    })
}

fn name_taken(name: &str) -> String {
    format!("there is a user named {name:?} already; choose another name")
}

fn filtered(filter: &UserFilter) -> Select<User> {
    let archived = if filter.archived {
        user::Column::ArchivedAt.is_not_null()
    } else {
        user::Column::ArchivedAt.is_null()
    };
    let mut query = User::find().filter(archived);
    if let Some(enabled) = filter.enabled {
        query = query.filter(user::Column::Enabled.eq(enabled));
    }
    if let Some(search) = filter
        .search
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        let escaped = search
            .to_lowercase()
            .replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_");
        let like = || LikeExpr::new(format!("%{escaped}%")).escape('\\');
        let lower = |column| Expr::expr(Func::lower(Expr::col((User, column))));
        query = query.filter(
            Condition::any()
                .add(lower(user::Column::Name).like(like()))
                .add(lower(user::Column::Email).like(like())),
        );
    }
    query
}

/// What users are ordered by; never null, so that a cursor can point into it. Somebody who never
/// called sorts as on the day of creation, a moment before the first call could have been.
fn sort_key(field: UserOrderField) -> Expr {
    match field {
        UserOrderField::Name => Expr::expr(Func::lower(Expr::col((User, user::Column::Name)))),
        UserOrderField::CreatedAt => Expr::col((User, user::Column::CreatedAt)),
        UserOrderField::LastUsedAt => Expr::expr(Func::coalesce([
            Expr::col((User, user::Column::LastUsedAt)),
            Expr::col((User, user::Column::CreatedAt)),
        ])),
    }
}

/// What comes after the user with this id in the order of the list.
fn beyond(field: UserOrderField, descending: bool, id: Uuid) -> Condition {
    let of_cursor = sea_orm::sea_query::Query::select()
        .expr(sort_key(field))
        .from(User)
        .and_where(Expr::col((User, user::Column::Id)).eq(id))
        .to_owned();
    let there = || Expr::SubQuery(None, Box::new(of_cursor.clone().into()));
    let (further, further_id) = if descending {
        (
            sort_key(field).lt(there()),
            Expr::col((User, user::Column::Id)).lt(id),
        )
    } else {
        (
            sort_key(field).gt(there()),
            Expr::col((User, user::Column::Id)).gt(id),
        )
    };
    Condition::any().add(further).add(
        Condition::all()
            .add(sort_key(field).eq(there()))
            .add(further_id),
    )
}

/// The users whom an id or a name means. Names are unique among those who are not archived, and those
/// go first.
pub async fn id_of(db: &Database, id_or_name: &str) -> Result<Vec<Uuid>> {
    let is_named = match id_or_name.parse::<Uuid>() {
        Ok(id) => user::Column::Id.eq(id),
        Err(_) => user::Column::Name.eq(id_or_name),
    };
    let found = User::find().filter(is_named).all(db.reader()).await?;
    let living = found.iter().find(|user| user.archived_at.is_none());
    Ok(match living {
        Some(user) => vec![user.id],
        None => found.into_iter().map(|user| user.id).collect(),
    })
}
