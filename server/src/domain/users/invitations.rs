//! One-time links with which users get a key, so that no key is passed on.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    ModelPatterns, api_key,
    user::{self, Entity as User},
    user_invitation::{self, Entity as Invitation},
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::Expr,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

use super::api_keys::{self, ApiKeys, IssuedApiKey, NewApiKey, active_user};
use crate::{
    clock::SharedClock,
    crypto::token::{self, Digester},
    db::Database,
    domain::{
        Error, Result,
        audit::{self, AuditChange, AuditContext, AuditSubject},
        models, text,
    },
};

const SUBJECT: &str = "userInvitation";
const PREFIX: &str = "invite-";
const MAX_LIFE: TimeDelta = TimeDelta::days(30);
/// Links of one user that are neither used, revoked nor expired.
const MAX_PENDING: u64 = 20;
/// Links that are listed.
const LISTED: u64 = 100;
/// Links that have ended are deleted after this time, when the user gets another one.
const KEPT: TimeDelta = TimeDelta::days(90);
const INVALID: Error = Error::WrongCredentials(
    "this invitation link is invalid, was used or revoked, or has expired; ask your administrator for a new one",
);

/// A link to create.
#[derive(Clone, Debug)]
pub struct NewUserInvitation {
    pub user_id: Uuid,
    /// How long the link is valid.
    pub life: TimeDelta,
    /// When the key expires.
    pub api_key_expires_at: Option<DateTime<Utc>>,
    /// Of the key; `None` for all models of the user.
    pub allowed_models: Option<Vec<String>>,
}

/// The state of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationState {
    Pending,
    Used,
    Revoked,
    Expired,
}

impl InvitationState {
    pub fn of(row: &user_invitation::Model, now: DateTime<Utc>) -> Self {
        if row.used_at.is_some() {
            Self::Used
        } else if row.revoked_at.is_some() {
            Self::Revoked
        } else if row.expires_at <= now {
            Self::Expired
        } else {
            Self::Pending
        }
    }
}

/// The service for links. Cheap to clone.
#[derive(Clone, Debug)]
pub struct UserInvitations {
    db: Database,
    clock: SharedClock,
    digester: Digester,
    api_keys: ApiKeys,
}

impl UserInvitations {
    pub fn new(db: Database, clock: SharedClock, digester: Digester, api_keys: ApiKeys) -> Self {
        Self {
            db,
            clock,
            digester,
            api_keys,
        }
    }

    /// The links of a user, the newest first; at most 100.
    pub async fn of_user(&self, user_id: Uuid) -> Result<Vec<user_invitation::Model>> {
        let links = Invitation::find()
            .filter(user_invitation::Column::UserId.eq(user_id))
            .order_by_desc(user_invitation::Column::Id)
            .limit(LISTED);
        Ok(links.all(self.db.reader()).await?)
    }

    /// Creates a link and returns its token, which is not stored and cannot be shown again.
    pub async fn create(
        &self,
        context: &AuditContext,
        new: NewUserInvitation,
    ) -> Result<(user_invitation::Model, SecretString)> {
        context.about(AuditSubject::new(super::SUBJECT, &new.user_id));
        if new.life <= TimeDelta::zero() || new.life > MAX_LIFE {
            return Err(Error::bad_input(
                "validHours must be between 1 and 720 (30 days)",
            ));
        }
        let now = self.clock.now();
        text::in_future("apiKeyExpiresAt", new.api_key_expires_at, now)?;
        let token = token::generate(PREFIX);
        let row = user_invitation::ActiveModel {
            id: Set(Uuid::now_v7()),
            user_id: Set(new.user_id),
            digest: Set(self.digester.digest(token.as_bytes()).to_vec()),
            created_at: Set(now),
            expires_at: Set(now + new.life),
            allowed_models: Set(models::check(new.allowed_models)?),
            api_key_expires_at: Set(new.api_key_expires_at),
            ..Default::default()
        };
        let transaction = self.db.begin().await?;
        lock(&transaction, new.user_id).await?;
        active_user(&transaction, new.user_id).await?;
        make_room(&transaction, new.user_id, now).await?;
        let row = row.insert(&transaction).await?;
        let created = AuditChange::created(subject(&row), audited(&row));
        audit::record(&transaction, &self.clock, context, created).await?;
        transaction.commit().await?;
        Ok((row, SecretString::from(token.as_str())))
    }

    /// Revokes a link. Revoking it twice is no error; a link that was used cannot be revoked.
    pub async fn revoke(&self, context: &AuditContext, id: Uuid) -> Result<user_invitation::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        let now = self.clock.now();
        let transaction = self.db.begin().await?;
        let old = Invitation::find_by_id(id)
            .lock_exclusive()
            .one(&transaction)
            .await?
            .ok_or(Error::NotFound { what: "invitation" })?;
        if old.used_at.is_some() {
            return Err(Error::Conflict(
                "this invitation was used already; revoke the key that was created with it"
                    .to_owned(),
            ));
        }
        let mut row = old.clone().into_active_model();
        row.revoked_at = Set(Some(old.revoked_at.unwrap_or(now)));
        let row = row.update(&transaction).await?;
        let updated = AuditChange::updated(subject(&row), audited(&old), audited(&row));
        audit::record(&transaction, &self.clock, context, updated).await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Creates the key of a link, which works once. Every link that does not work gives the same error.
    pub async fn accept(
        &self,
        context: &AuditContext,
        presented: &str,
        key_name: &str,
    ) -> Result<(user::Model, IssuedApiKey)> {
        let name = text::required("apiKeyName", key_name, 100)?;
        let digest = self.digester.digest(presented.trim().as_bytes());
        let now = self.clock.now();
        let transaction = self.db.begin().await?;
        let (row, user) = pending(&transaction, &digest, now).await?;
        let new = NewApiKey {
            name: Some(name),
            expires_at: row.api_key_expires_at,
            allowed_models: row
                .allowed_models
                .clone()
                .map(|ModelPatterns(models)| models),
            ..NewApiKey::default()
        };
        let issued = self.api_keys.insert(&transaction, &user, new).await?;
        take(&transaction, &row, &issued.api_key, now).await?;
        let key = &issued.api_key;
        let mut after = api_keys::audited(key);
        after["invitationId"] = json!(row.id);
        let created = AuditChange::created(api_keys::subject(key), after);
        let context = context.authenticated((&user).into());
        audit::record(&transaction, &self.clock, &context, created).await?;
        transaction.commit().await?;
        self.api_keys.refresh(user.id).await?;
        Ok((user, issued))
    }
}

/// The pending link with this digest, locked, and its user, who is enabled. The key of a link can have expired before
/// the link.
async fn pending(
    connection: &impl ConnectionTrait,
    digest: &[u8],
    now: DateTime<Utc>,
) -> Result<(user_invitation::Model, user::Model)> {
    let row = Invitation::find()
        .filter(user_invitation::Column::Digest.eq(digest))
        .lock_exclusive()
        .one(connection)
        .await?;
    let is_over = |end: Option<DateTime<Utc>>| end.is_some_and(|end| end <= now);
    let row = row.filter(|row| {
        InvitationState::of(row, now) == InvitationState::Pending
            && !is_over(row.api_key_expires_at)
    });
    let row = row.ok_or(INVALID)?;
    let user = User::find_by_id(row.user_id).one(connection).await?;
    let user = user.filter(|user| user.enabled && user.archived_at.is_none());
    Ok((row, user.ok_or(INVALID)?))
}

/// Marks a link as used, unless another caller was faster.
async fn take(
    connection: &impl ConnectionTrait,
    row: &user_invitation::Model,
    key: &api_key::Model,
    now: DateTime<Utc>,
) -> Result<()> {
    let taken = Invitation::update_many()
        .col_expr(user_invitation::Column::UsedAt, Expr::value(now))
        .col_expr(user_invitation::Column::ApiKeyId, Expr::value(key.id))
        .filter(user_invitation::Column::Id.eq(row.id))
        .filter(user_invitation::Column::UsedAt.is_null())
        .exec(connection)
        .await?;
    if taken.rows_affected == 1 {
        Ok(())
    } else {
        Err(INVALID)
    }
}

/// Locks a user until the transaction ends, so that two administrators do not pass the maximum together.
async fn lock(connection: &impl ConnectionTrait, user_id: Uuid) -> Result<()> {
    let user = User::find_by_id(user_id).lock_exclusive();
    user.one(connection).await?;
    Ok(())
}

/// Deletes links that ended long ago. Fails if the user has too many pending ones.
async fn make_room(
    connection: &impl ConnectionTrait,
    user_id: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    use user_invitation::Column;

    Invitation::delete_many()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::ExpiresAt.lt(now - KEPT))
        .exec(connection)
        .await?;
    let pending = Invitation::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::UsedAt.is_null())
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .count(connection)
        .await?;
    if pending < MAX_PENDING {
        return Ok(());
    }
    Err(Error::Conflict(format!(
        "this user has {MAX_PENDING} pending invitations; revoke one first"
    )))
}

fn subject(row: &user_invitation::Model) -> AuditSubject {
    AuditSubject::new(SUBJECT, &row.id)
}

/// The fields of a link, for the audit.
fn audited(row: &user_invitation::Model) -> Value {
    json!({
        "userId": row.user_id,
        "expiresAt": row.expires_at,
        "revokedAt": row.revoked_at,
        "usedAt": row.used_at,
        "allowedModels": row.allowed_models,
        "apiKeyExpiresAt": row.api_key_expires_at,
    })
}
