//! Sign-in with name, password and, if enabled, second factor.

use std::net::IpAddr;

use entity::admin::{self, Entity as Admin};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use secrecy::SecretString;

use super::{Admins, Error, Result, subject};
use crate::domain::{audit::AuditContext, login_throttle::LoginThrottle};

/// The credentials of a sign-in.
#[derive(Debug)]
pub struct SignIn {
    /// Optional while there is only one administrator.
    pub username: Option<String>,
    pub password: SecretString,
    /// A one-time code or a recovery code.
    pub code: Option<SecretString>,
    /// The client's address, for throttling.
    pub address: Option<IpAddr>,
}

impl Admins {
    /// Verifies the credentials; fails with the same error for unknown names and wrong passwords.
    pub async fn authenticate(
        &self,
        context: &AuditContext,
        presented: SignIn,
        throttle: &LoginThrottle,
    ) -> Result<admin::Model> {
        let admin = match &presented.username {
            Some(name) => {
                let named = Admin::find().filter(admin::Column::Username.eq(name.trim()));
                named.one(self.db.reader()).await?
            }
            None => self.only_one().await?,
        };
        if let Some(admin) = &admin {
            context.about(subject(admin));
        }
        let right = self
            .is_password_of(admin.as_ref(), presented.password)
            .await?;
        let admin = admin
            .filter(|_| right)
            .ok_or(Error::WrongCredentials("the password is incorrect"))?;
        if !admin.enabled {
            return Err(Error::WrongCredentials(
                "this administrator is disabled; ask an owner",
            ));
        }
        if admin.totp_confirmed_at.is_some() {
            let code = presented.code.ok_or(Error::SecondFactorRequired)?;
            // Counted per administrator, because an attacker with the password may use many addresses.
            throttle.attempt_code(admin.id, presented.address)?;
            self.use_code(&admin, &code).await?;
            throttle.code_was_right(admin.id, presented.address);
        }
        Ok(admin)
    }

    /// The only administrator, so that the username is optional while there is one.
    async fn only_one(&self) -> Result<Option<admin::Model>> {
        let mut admins = Admin::find().all(self.db.reader()).await?;
        match admins.len() {
            0 | 1 => Ok(admins.pop()),
            _ => Err(Error::bad_input(
                "there are several administrators; specify username",
            )),
        }
    }
}
