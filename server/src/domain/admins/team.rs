//! Creates, changes and removes administrators. At least one owner who can sign in must remain.

use entity::admin::{self, Entity as Admin, Role};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, DatabaseTransaction,
    EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use secrecy::SecretString;
use uuid::Uuid;

use super::{
    Admins, Error, Result, audited, invitation::Invitation, not_found, passwords, subject,
    subject_of,
};
use crate::domain::audit::{self, AuditChange, AuditContext};

/// An administrator to create.
#[derive(Debug)]
pub struct NewAdmin {
    pub username: String,
    pub role: Role,
    /// `None` creates a one-time link for choosing it.
    pub password: Option<SecretString>,
}

/// A new administrator, and the token of the one-time link if no password was given.
#[derive(Debug)]
pub struct CreatedAdmin {
    pub admin: admin::Model,
    pub setup_token: Option<SecretString>,
}

impl Admins {
    /// All administrators, by name.
    pub async fn list(&self) -> Result<Vec<admin::Model>> {
        let admins = Admin::find().order_by_asc(admin::Column::Username);
        Ok(admins.all(self.db.reader()).await?)
    }

    /// Fails if the username is taken.
    pub async fn create(&self, context: &AuditContext, new: NewAdmin) -> Result<CreatedAdmin> {
        let mut row = self.new_row(&new).await?;
        let mut setup_token = None;
        if new.password.is_none() {
            let invitation = Invitation::new(&self.digester, self.clock.now());
            invitation.write(&mut row);
            setup_token = Some(invitation.token);
        }
        let transaction = self.db.begin().await?;
        let admin = self.insert(context, &transaction, row).await?;
        transaction.commit().await?;
        Ok(CreatedAdmin { admin, setup_token })
    }

    /// A valid row, with the digest of the password if there is one.
    pub(super) async fn new_row(&self, new: &NewAdmin) -> Result<admin::ActiveModel> {
        let username = new.username.trim().to_owned();
        if username.is_empty() || username.chars().count() > 64 {
            return Err(Error::bad_input("a username must have 1 to 64 characters"));
        }
        if username.chars().any(char::is_control) {
            return Err(Error::bad_input(
                "a username must not contain control characters",
            ));
        }
        let mut password_hash = String::new();
        if let Some(password) = &new.password {
            passwords::check(password)?;
            password_hash = self.passwords.hash(password.clone()).await?;
        }
        let now = self.clock.now();
        Ok(admin::ActiveModel {
            id: Set(Uuid::now_v7()),
            username: Set(username),
            password_hash: Set(password_hash),
            role: Set(new.role),
            enabled: Set(true),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        })
    }

    /// Inserts an administrator, with the audit event.
    pub(super) async fn insert(
        &self,
        context: &AuditContext,
        transaction: &DatabaseTransaction,
        row: admin::ActiveModel,
    ) -> Result<admin::Model> {
        let username = row.username.try_as_ref().cloned().unwrap_or_default();
        let admin = row
            .insert(transaction)
            .await
            .map_err(|error| Error::unless_taken(error, || format!("{username} exists already")))?;
        let created = AuditChange::created(subject(&admin), audited(&admin));
        audit::record(transaction, &self.clock, context, created).await?;
        Ok(admin)
    }

    /// Changes the role of an administrator and ends their sessions.
    pub async fn set_role(
        &self,
        context: &AuditContext,
        id: Uuid,
        role: Role,
    ) -> Result<admin::Model> {
        let change = |admin: &mut admin::ActiveModel| admin.role = Set(role);
        self.change(context, id, change).await
    }

    /// Enables or disables an administrator and ends their sessions.
    pub async fn set_enabled(
        &self,
        context: &AuditContext,
        id: Uuid,
        enabled: bool,
    ) -> Result<admin::Model> {
        let change = |admin: &mut admin::ActiveModel| admin.enabled = Set(enabled);
        self.change(context, id, change).await
    }

    /// Deletes an administrator and ends their sessions. Audit events are kept.
    pub async fn remove(&self, context: &AuditContext, id: Uuid) -> Result<admin::Model> {
        context.about(subject_of(id));
        let transaction = self.db.begin().await?;
        let owners = active_owners(&transaction).await?;
        let admin = find(&transaction, id).await?;
        if owners == [id] {
            return Err(last_owner());
        }
        let ended = self
            .sessions
            .delete_others(context, &transaction, id, None)
            .await?;
        Admin::delete_by_id(id).exec(&transaction).await?;
        let removed = AuditChange::removed(subject(&admin), audited(&admin));
        audit::record(&transaction, &self.clock, context, removed).await?;
        transaction.commit().await?;
        self.sessions.announce_end(&ended);
        Ok(admin)
    }

    async fn change(
        &self,
        context: &AuditContext,
        id: Uuid,
        change: impl FnOnce(&mut admin::ActiveModel),
    ) -> Result<admin::Model> {
        context.about(subject_of(id));
        let transaction = self.db.begin().await?;
        // Locked first: otherwise two owners who demote each other could each count the other as the remaining owner.
        let owners = active_owners(&transaction).await?;
        let old = find(&transaction, id).await?;
        let mut admin = old.clone().into_active_model();
        change(&mut admin);
        admin.updated_at = Set(self.clock.now());
        let admin = admin.update(&transaction).await?;
        if owners == [id] && !(admin.enabled && admin.role == Role::Owner) {
            return Err(last_owner());
        }
        let updated = AuditChange::updated(subject(&admin), audited(&old), audited(&admin));
        audit::record(&transaction, &self.clock, context, updated).await?;
        let ended = self
            .sessions
            .delete_others(context, &transaction, id, None)
            .await?;
        transaction.commit().await?;
        self.sessions.announce_end(&ended);
        Ok(admin)
    }
}

/// The owners who can sign in. The rows are locked until the end of the transaction.
async fn active_owners(transaction: &DatabaseTransaction) -> Result<Vec<Uuid>> {
    let owners = Admin::find()
        .filter(admin::Column::Role.eq(Role::Owner))
        .filter(admin::Column::Enabled.eq(true))
        .filter(admin::Column::PasswordHash.ne(""))
        .order_by_asc(admin::Column::Id)
        .lock_exclusive()
        .all(transaction)
        .await?;
    Ok(owners.into_iter().map(|owner| owner.id).collect())
}

async fn find(transaction: &DatabaseTransaction, id: Uuid) -> Result<admin::Model> {
    // Locked before the sessions are read: a sign-in that inserts one takes the same lock.
    let admin = Admin::find_by_id(id).lock_exclusive();
    admin.one(transaction).await?.ok_or_else(not_found)
}

fn last_owner() -> Error {
    Error::Conflict(
        "this is the last owner who can sign in; make another administrator an owner first"
            .to_owned(),
    )
}
