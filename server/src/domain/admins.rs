//! Administrators: the first one, and their passwords.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use entity::admin::{self, Entity as Admin, Role};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _,
};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Error, Result};
use crate::{
    clock::SharedClock,
    crypto::{password::Passwords, token},
    db::Database,
};

/// The name of the first administrator, and of whoever signs in without one.
pub const FIRST_ADMIN: &str = "admin";
const SHORTEST_PASSWORD: usize = 12;
const LONGEST_PASSWORD: usize = 1024;

/// The people who run the server.
#[derive(Clone, Debug)]
pub struct Admins {
    db: Database,
    clock: SharedClock,
    passwords: Passwords,
    /// Opens the set-up page once, until there is an administrator. Kept in memory only.
    setup_token: Arc<ArcSwapOption<Zeroizing<String>>>,
}

impl Admins {
    /// The service over this database.
    pub fn new(db: Database, clock: SharedClock) -> Self {
        Self {
            db,
            clock,
            passwords: Passwords::default(),
            setup_token: Arc::default(),
        }
    }

    /// On the first start creates the administrator, or makes the token of a set-up link when there is
    /// no password to create one with.
    pub async fn bootstrap(
        &self,
        password: Option<SecretString>,
    ) -> Result<Option<Zeroizing<String>>> {
        if Admin::find().count(self.db.reader()).await? > 0 {
            if password.is_some() {
                tracing::info!("ADMIN_PASSWORD is ignored: there is an administrator already");
            }
            return Ok(None);
        }
        if let Some(password) = password {
            self.create(FIRST_ADMIN, password, Role::Owner).await?;
            tracing::info!("created the administrator; ADMIN_PASSWORD is no longer needed");
            return Ok(None);
        }
        let token = token::generate("setup-");
        self.setup_token.store(Some(Arc::new(token.clone())));
        Ok(Some(token))
    }

    /// Whether the server waits for its first administrator.
    pub fn setup_required(&self) -> bool {
        self.setup_token.load().is_some()
    }

    /// Creates the first administrator with the token of the set-up link.
    pub async fn complete_setup(
        &self,
        presented: &str,
        username: Option<&str>,
        password: SecretString,
    ) -> Result<admin::Model> {
        let token = self.setup_token.load_full();
        let matches = token
            .as_ref()
            .is_some_and(|token| bool::from(token.as_bytes().ct_eq(presented.as_bytes())));
        if !matches {
            return Err(Error::WrongCredentials(
                "the set-up link is wrong or was used; restart the server to get a new one",
            ));
        }
        let username = username.unwrap_or(FIRST_ADMIN);
        let admin = self.create(username, password, Role::Owner).await?;
        self.setup_token.store(None);
        Ok(admin)
    }

    async fn create(
        &self,
        username: &str,
        password: SecretString,
        role: Role,
    ) -> Result<admin::Model> {
        check_password(&password)?;
        let username = username.trim();
        if username.is_empty() || username.chars().count() > 64 {
            return Err(Error::bad_input("a username has 1 to 64 characters"));
        }
        let now = self.clock.now();
        let admin = admin::ActiveModel {
            id: Set(Uuid::now_v7()),
            username: Set(username.to_owned()),
            password_hash: Set(self.passwords.hash(password).await?),
            role: Set(role),
            created_at: Set(now),
            updated_at: Set(now),
        };
        admin
            .insert(self.db.writer())
            .await
            .map_err(|error| Error::unless_taken(error, || format!("{username} exists already")))
    }

    /// Finds the administrator with this name and password.
    pub async fn authenticate(
        &self,
        username: Option<&str>,
        password: SecretString,
    ) -> Result<admin::Model> {
        let admin = match username {
            Some(name) => {
                let named = Admin::find().filter(admin::Column::Username.eq(name.trim()));
                named.one(self.db.reader()).await?
            }
            None => self.only_one().await?,
        };
        let hash = admin.as_ref().map(|admin| admin.password_hash.clone());
        let right = self.passwords.verify(password, hash).await?;
        admin
            .filter(|_| right)
            .ok_or(Error::WrongCredentials("the password is not right"))
    }

    /// A username may be left out while there is nobody else.
    async fn only_one(&self) -> Result<Option<admin::Model>> {
        let mut admins = Admin::find().all(self.db.reader()).await?;
        Ok(match admins.len() {
            1 => admins.pop(),
            _ => admins
                .into_iter()
                .find(|admin| admin.username == FIRST_ADMIN),
        })
    }

    /// Makes sure that it is still the administrator who asks, before something grave.
    pub async fn confirm(&self, admin: &admin::Model, password: SecretString) -> Result<()> {
        let hash = Some(admin.password_hash.clone());
        if !self.passwords.verify(password, hash).await? {
            return Err(Error::bad_input("the password is not right"));
        }
        Ok(())
    }

    /// Replaces a password by its owner.
    pub async fn change_password(
        &self,
        admin: &admin::Model,
        current: SecretString,
        new: SecretString,
    ) -> Result<()> {
        let hash = Some(admin.password_hash.clone());
        if !self.passwords.verify(current, hash).await? {
            return Err(Error::bad_input("the current password is not right"));
        }
        self.set_password(admin.clone(), new).await?;
        Ok(())
    }

    /// Replaces a password from the terminal, without knowing the current one.
    pub async fn reset_password(&self, username: &str, new: SecretString) -> Result<admin::Model> {
        check_password(&new)?;
        let admin = Admin::find().filter(admin::Column::Username.eq(username));
        match admin.one(self.db.reader()).await? {
            Some(admin) => self.set_password(admin, new).await,
            None if Admin::find().count(self.db.reader()).await? == 0 => {
                self.create(username, new, Role::Owner).await
            }
            None => Err(Error::NotFound {
                what: "administrator",
            }),
        }
    }

    async fn set_password(&self, admin: admin::Model, new: SecretString) -> Result<admin::Model> {
        check_password(&new)?;
        let mut admin = admin.into_active_model();
        admin.password_hash = Set(self.passwords.hash(new).await?);
        admin.updated_at = Set(self.clock.now());
        Ok(admin.update(self.db.writer()).await?)
    }
}

fn check_password(password: &SecretString) -> Result<()> {
    let length = password.expose_secret().chars().count();
    if length < SHORTEST_PASSWORD {
        return Err(Error::BadInput(format!(
            "a password has at least {SHORTEST_PASSWORD} characters"
        )));
    }
    if length > LONGEST_PASSWORD {
        return Err(Error::BadInput(format!(
            "a password has at most {LONGEST_PASSWORD} characters"
        )));
    }
    Ok(())
}
