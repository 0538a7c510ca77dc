//! The e-mail address of a user for warnings about their own quotas. It is confirmed with a code that is sent to it, so
//! that users cannot send messages to others.

mod limits;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    alert_address_request::{self, Entity as AddressRequest},
    notification::{self, Entity as Notification, NotificationState},
    user::{self, Entity as User},
};
use rand::RngExt as _;
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait,
    DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QuerySelect as _, sea_query::Expr,
};
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use super::{EmailSettings, Notifications};
use crate::{
    clock::SharedClock,
    crypto::token::{Digest, Digester},
    db::Database,
    domain::{
        Error, Result,
        audit::{self, AuditChange, AuditContext, AuditSubject},
    },
};

/// How long a code is valid.
const LIFE: TimeDelta = TimeDelta::minutes(30);
/// Codes that may be tried for one request.
const MAX_ATTEMPTS: i32 = 5;
const MAX_LENGTH: usize = 254;
const CODES: u32 = 100_000_000;
const DISABLED: Error = Error::FeatureDisabled(
    "users do not set alert addresses on this server; ask your administrator",
);

/// The address of a user.
#[derive(Clone, Debug)]
pub struct AlertAddress {
    /// Whether users may set one: the setting is on and there is a mail server.
    pub is_allowed: bool,
    /// The confirmed address.
    pub address: Option<String>,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub pending: Option<PendingAddress>,
}

/// An address that waits for its code.
#[derive(Clone, Debug)]
pub struct PendingAddress {
    pub address: String,
    pub expires_at: DateTime<Utc>,
    pub attempts_left: i32,
}

/// A code to send. It is not stored and cannot be sent again.
#[derive(Debug)]
pub struct AddressConfirmation {
    /// The mail server, with the address as the only recipient.
    pub settings: EmailSettings,
    pub user_name: String,
    /// Eight digits.
    pub code: SecretString,
    pub life: TimeDelta,
}

/// The service for the addresses of users. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AlertAddresses {
    db: Database,
    clock: SharedClock,
    digester: Digester,
    notifications: Notifications,
}

impl AlertAddresses {
    pub fn new(
        db: Database,
        clock: SharedClock,
        digester: Digester,
        notifications: Notifications,
    ) -> Self {
        Self {
            db,
            clock,
            digester,
            notifications,
        }
    }

    /// The address of a user.
    pub async fn of_user(&self, user_id: Uuid) -> Result<AlertAddress> {
        let user = User::find_by_id(user_id).one(self.db.reader()).await?;
        let user = user.ok_or(Error::NotFound { what: "user" })?;
        let pending = pending(self.db.reader(), user_id, self.clock.now()).await?;
        Ok(AlertAddress {
            is_allowed: self.notifications.mail_server().await?.is_some(),
            address: user.alert_address,
            confirmed_at: user.alert_address_confirmed_at,
            pending: pending.map(|row| PendingAddress {
                attempts_left: MAX_ATTEMPTS - row.attempts,
                address: row.address,
                expires_at: row.expires_at,
            }),
        })
    }

    /// Makes a code for an address. The confirmed address stays in use until then; an earlier code becomes invalid.
    pub async fn request(
        &self,
        context: &AuditContext,
        user_id: Uuid,
        address: &str,
    ) -> Result<AddressConfirmation> {
        context.about(subject_of(user_id));
        let mail_server = self.notifications.mail_server().await?;
        let (_, mut settings) = mail_server.ok_or(DISABLED)?;
        let address = checked(address)?;
        let (id, now) = (Uuid::now_v7(), self.clock.now());
        let code = format!("{:08}", rand::rng().random_range(0..CODES));
        let row = alert_address_request::Model {
            id,
            user_id,
            address: address.clone(),
            digest: self.digest(id, &code).to_vec(),
            created_at: now,
            expires_at: now + LIFE,
            attempts: 0,
            ended_at: None,
        };
        let transaction = self.db.begin().await?;
        let user = active_user(&transaction, user_id).await?;
        if user.alert_address.as_ref() == Some(&address) {
            return Err(Error::Conflict(
                "this address is confirmed already".to_owned(),
            ));
        }
        limits::check(&transaction, user_id, &address, now).await?;
        end_requests(&transaction, user_id, now).await?;
        row.into_active_model().insert(&transaction).await?;
        // The audit log keeps no addresses: it cannot be edited.
        let done = AuditChange::done(None).about(Some(subject(&user)));
        let context = context.authenticated((&user).into());
        audit::record(&transaction, &self.clock, &context, done).await?;
        transaction.commit().await?;
        settings.to = vec![address];
        Ok(AddressConfirmation {
            settings,
            user_name: user.name,
            code: code.into(),
            life: LIFE,
        })
    }

    /// Confirms the pending address with its code. Each attempt counts, also concurrent ones.
    pub async fn confirm(&self, context: &AuditContext, user_id: Uuid, code: &str) -> Result<()> {
        context.about(subject_of(user_id));
        self.notifications.mail_server().await?.ok_or(DISABLED)?;
        let code: String = code.chars().filter(char::is_ascii_digit).take(16).collect();
        let now = self.clock.now();
        let transaction = self.db.begin().await?;
        let user = active_user(&transaction, user_id).await?;
        let request = pending(&transaction, user_id, now).await?;
        let request = request.ok_or_else(|| {
            Error::Conflict(
                "there is no address to confirm, its code has expired, or too many codes were tried; request a new code"
                    .to_owned(),
            )
        })?;
        let is_right = self.digest(request.id, &code)[..] == request.digest[..];
        let (attempts, address) = (request.attempts + 1, request.address.clone());
        let mut row = request.into_active_model();
        row.attempts = Set(attempts);
        row.ended_at = Set(is_right.then_some(now));
        row.update(&transaction).await?;
        if !is_right {
            transaction.commit().await?;
            let left = MAX_ATTEMPTS - attempts;
            return Err(Error::BadInput(format!(
                "the code is wrong; attempts left: {left}"
            )));
        }
        let before = json!({ "hasAlertAddress": user.alert_address.is_some() });
        let mut row = user.into_active_model();
        row.alert_address = Set(Some(address));
        row.alert_address_confirmed_at = Set(Some(now));
        let user = row.update(&transaction).await?;
        let after = json!({ "hasAlertAddress": true });
        let updated = AuditChange::updated(subject(&user), before, after);
        let context = context.authenticated((&user).into());
        audit::record(&transaction, &self.clock, &context, updated).await?;
        Ok(transaction.commit().await?)
    }

    /// Removes the caller's own address, and with it pending codes and messages. No error if there is none.
    pub async fn remove_own(&self, context: &AuditContext, user_id: Uuid) -> Result<()> {
        context.about(subject_of(user_id));
        let transaction = self.db.begin().await?;
        let user = active_user(&transaction, user_id).await?;
        let context = context.authenticated((&user).into());
        self.clear(&context, transaction, user).await?;
        Ok(())
    }

    /// The same for any user, by an administrator.
    pub async fn remove(&self, context: &AuditContext, user_id: Uuid) -> Result<user::Model> {
        context.about(subject_of(user_id));
        let transaction = self.db.begin().await?;
        let user = User::find_by_id(user_id).lock_exclusive();
        let user = user.one(&transaction).await?;
        let user = user.ok_or(Error::NotFound { what: "user" })?;
        self.clear(context, transaction, user).await
    }

    async fn clear(
        &self,
        context: &AuditContext,
        transaction: DatabaseTransaction,
        user: user::Model,
    ) -> Result<user::Model> {
        let before = json!({ "hasAlertAddress": user.alert_address.is_some() });
        end_requests(&transaction, user.id, self.clock.now()).await?;
        Notification::delete_many()
            .filter(notification::Column::UserId.eq(user.id))
            .filter(notification::Column::State.eq(NotificationState::Waiting))
            .exec(&transaction)
            .await?;
        let mut row = user.into_active_model();
        row.alert_address = Set(None);
        row.alert_address_confirmed_at = Set(None);
        let user = row.update(&transaction).await?;
        let after = json!({ "hasAlertAddress": false });
        let updated = AuditChange::updated(subject(&user), before, after);
        audit::record(&transaction, &self.clock, context, updated).await?;
        transaction.commit().await?;
        Ok(user)
    }

    fn digest(&self, id: Uuid, code: &str) -> Digest {
        let text = format!("alert-address:{id}:{code}");
        self.digester.digest(text.as_bytes())
    }
}

/// A user who may act with a key, locked until the transaction ends.
async fn active_user(connection: &impl ConnectionTrait, id: Uuid) -> Result<user::Model> {
    let user = User::find_by_id(id)
        .lock_exclusive()
        .one(connection)
        .await?;
    user.filter(|user| user.enabled && user.archived_at.is_none())
        .ok_or(Error::Unauthenticated)
}

/// The request that a code can confirm.
async fn pending(
    connection: &impl ConnectionTrait,
    user_id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<alert_address_request::Model>> {
    use alert_address_request::Column;

    let pending = AddressRequest::find()
        .filter(Column::UserId.eq(user_id))
        .filter(Column::EndedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::Attempts.lt(MAX_ATTEMPTS));
    Ok(pending.one(connection).await?)
}

/// Makes earlier codes of a user invalid.
async fn end_requests(
    connection: &impl ConnectionTrait,
    user_id: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    AddressRequest::update_many()
        .col_expr(alert_address_request::Column::EndedAt, Expr::value(now))
        .filter(alert_address_request::Column::UserId.eq(user_id))
        .filter(alert_address_request::Column::EndedAt.is_null())
        .exec(connection)
        .await?;
    Ok(())
}

/// A bare address of a named host: neither a display name nor an IP address.
fn checked(address: &str) -> Result<String> {
    let address = address.trim();
    let parsed = address.parse::<lettre::Address>().ok();
    let is_valid = address.len() <= MAX_LENGTH
        && parsed.is_some_and(|parsed| !parsed.domain().starts_with('['));
    if is_valid {
        Ok(address.to_owned())
    } else {
        Err(Error::bad_input(
            "address must be an e-mail address such as ada@example.org",
        ))
    }
}

fn subject(user: &user::Model) -> AuditSubject {
    subject_of(user.id).named(&user.name)
}

fn subject_of(id: Uuid) -> AuditSubject {
    AuditSubject::new("user", &id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bare_address_of_a_named_host_is_accepted() {
        assert_eq!(checked(" ada@example.org ").unwrap(), "ada@example.org");
        let long = format!("{}@example.org", "a".repeat(250));
        for address in [
            "",
            "ada",
            "Ada <ada@example.org>",
            "ada@example.org, eve@example.org",
            "ada@example.org\r\nBcc: eve@example.org",
            "ada@[127.0.0.1]",
            &long,
        ] {
            assert!(checked(address).is_err(), "{address}");
        }
    }
}
