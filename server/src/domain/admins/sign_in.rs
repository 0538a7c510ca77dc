//! Signing in: the right name, password and, where there is one, second factor.

use std::net::IpAddr;

use entity::admin::{self, Entity as Admin};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use secrecy::SecretString;

use super::{Admins, Error, Result, subject};
use crate::domain::{audit::AuditContext, login_throttle::LoginThrottle};

/// What somebody brings who wants to sign in.
#[derive(Debug)]
pub struct SignIn {
    /// May be left out while there is one administrator.
    pub username: Option<String>,
    pub password: SecretString,
    /// Of the second factor, or a recovery code.
    pub code: Option<SecretString>,
    /// Where they are.
    pub address: Option<IpAddr>,
}

impl Admins {
    /// Finds the administrator who this is.
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
            .ok_or(Error::WrongCredentials("the password is not right"))?;
        if !admin.enabled {
            return Err(Error::WrongCredentials(
                "this administrator is disabled; ask an owner",
            ));
        }
        if admin.totp_confirmed_at.is_some() {
            let code = presented.code.ok_or(Error::SecondFactorRequired)?;
            // By the administrator: whoever has the password may have many addresses.
            throttle.attempt_code(admin.id, presented.address)?;
            self.use_code(&admin, &code).await?;
            throttle.code_was_right(admin.id, presented.address);
        }
        Ok(admin)
    }

    /// A username may be left out while there is nobody else.
    async fn only_one(&self) -> Result<Option<admin::Model>> {
        let mut admins = Admin::find().all(self.db.reader()).await?;
        match admins.len() {
            0 | 1 => Ok(admins.pop()),
            _ => Err(Error::bad_input(
                "there are several administrators; say which one with username",
            )),
        }
    }
}
