//! Administrators: set-up of the first one, roles, passwords and second factors.

mod invitation;
mod passwords;
mod second_factor;
mod setup;
mod sign_in;
mod team;

use std::sync::{Arc, atomic::AtomicBool};

use entity::admin::{self, Entity as Admin};
use sea_orm::{ActiveEnum as _, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use uuid::Uuid;

pub(super) use self::second_factor::owner;
pub use self::{
    second_factor::{Enrolment, RecoveryCodes},
    sign_in::SignIn,
    team::{CreatedAdmin, NewAdmin},
};
use super::{
    Error, Result, audit::AuditSubject, server_secrets::ServerSecrets, sessions::Sessions,
};
use crate::{
    clock::SharedClock,
    crypto::{password::Passwords, token::Digester, vault::Vault},
    db::Database,
};

pub const FIRST_ADMIN: &str = "admin";

/// The service for administrators.
#[derive(Clone, Debug)]
pub struct Admins {
    db: Database,
    clock: SharedClock,
    passwords: Passwords,
    sessions: Sessions,
    vault: Arc<Vault>,
    digester: Digester,
    /// Whether there is known to be an administrator.
    is_set_up: Arc<AtomicBool>,
}

impl Admins {
    /// Sessions are ended together with the password, role or second factor that they were started with.
    pub fn new(
        db: Database,
        clock: SharedClock,
        secrets: &ServerSecrets,
        sessions: Sessions,
    ) -> Self {
        Self {
            db,
            clock,
            passwords: Passwords::default(),
            sessions,
            vault: Arc::clone(&secrets.vault),
            digester: secrets.digester.clone(),
            is_set_up: Arc::default(),
        }
    }

    pub async fn named(&self, username: &str) -> Result<Option<admin::Model>> {
        let admin = Admin::find().filter(admin::Column::Username.eq(username));
        Ok(admin.one(self.db.reader()).await?)
    }

    pub async fn find(&self, id: Uuid) -> Result<Option<admin::Model>> {
        Ok(Admin::find_by_id(id).one(self.db.reader()).await?)
    }
}

fn not_found() -> Error {
    Error::NotFound {
        what: "administrator",
    }
}

fn subject(admin: &admin::Model) -> AuditSubject {
    subject_of(admin.id).named(&admin.username)
}

fn subject_of(id: Uuid) -> AuditSubject {
    AuditSubject::new("admin", &id)
}

/// The fields of an administrator, for the audit.
fn audited(admin: &admin::Model) -> Value {
    json!({
        "username": admin.username,
        "role": admin.role.to_value(),
        "enabled": admin.enabled,
        "invitedUntil": admin.invitation_expires_at,
        "secondFactorSince": admin.totp_confirmed_at,
    })
}
