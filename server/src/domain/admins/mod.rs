//! Administrators: set-up of the first one, roles, passwords and second factors.

mod invitation;
mod passwords;
mod second_factor;
mod sign_in;
mod team;

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use entity::admin::{self, Entity as Admin, Role};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;
use zeroize::Zeroizing;

pub(super) use self::second_factor::owner;
pub use self::{
    second_factor::{Enrolment, RecoveryCodes},
    sign_in::SignIn,
    team::{CreatedAdmin, NewAdmin},
};
use super::{
    Error, Result,
    audit::{AuditContext, AuditSubject},
    server_secrets::ServerSecrets,
    sessions::Sessions,
};
use crate::{
    clock::SharedClock,
    crypto::{
        password::Passwords,
        token::{self, Digester},
        vault::Vault,
    },
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
    /// The token of the set-up page; `None` once there is an administrator. Kept in memory only.
    setup_token: Arc<ArcSwapOption<Zeroizing<String>>>,
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
            setup_token: Arc::default(),
        }
    }

    /// On the first start, creates the administrator with the configured password, or the token of a set-up link if no
    /// password is configured.
    pub async fn bootstrap(
        &self,
        password: Option<SecretString>,
    ) -> Result<Option<Zeroizing<String>>> {
        if Admin::find().count(self.db.reader()).await? > 0 {
            if password.is_some() {
                tracing::info!("ADMIN_PASSWORD is ignored: an administrator exists");
            }
            return Ok(None);
        }
        if let Some(password) = password {
            let context = AuditContext::system("bootstrap");
            Box::pin(self.create_first(&context, FIRST_ADMIN, password)).await?;
            tracing::info!("created the administrator; ADMIN_PASSWORD is no longer needed");
            return Ok(None);
        }
        let token = token::generate("setup-");
        self.setup_token.store(Some(Arc::new(token.clone())));
        Ok(Some(token))
    }

    /// Whether there is no administrator yet.
    pub fn setup_required(&self) -> bool {
        self.setup_token.load().is_some()
    }

    /// Creates the first administrator with the token of the set-up link, or sets the password of an invited
    /// administrator.
    pub async fn complete_setup(
        &self,
        context: &AuditContext,
        presented: &str,
        username: Option<&str>,
        password: SecretString,
    ) -> Result<admin::Model> {
        if presented.starts_with(invitation::PREFIX) {
            return self.accept_invitation(context, presented, password).await;
        }
        let token = self.setup_token.load_full();
        let matches = token
            .as_ref()
            .is_some_and(|token| bool::from(token.as_bytes().ct_eq(presented.as_bytes())));
        if !matches {
            return Err(Error::WrongCredentials(
                "the set-up link is invalid or was used; restart the server to get a new one",
            ));
        }
        let username = username.unwrap_or(FIRST_ADMIN);
        let admin = self.create_first(context, username, password).await?;
        self.setup_token.store(None);
        Ok(admin)
    }

    async fn create_first(
        &self,
        context: &AuditContext,
        username: &str,
        password: SecretString,
    ) -> Result<admin::Model> {
        let new = NewAdmin {
            username: username.to_owned(),
            role: Role::Owner,
            password: Some(password),
        };
        Ok(self.create(context, new).await?.admin)
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
