//! Set-up of the first administrator: by the configured password, or by a one-time link. Of several servers that start
//! at the same time, the last one's link is valid, and there is one first administrator.

use std::sync::atomic::Ordering;

use entity::{
    admin::{self, Entity as Admin, Role},
    secret::{self, Entity as Secret},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, DatabaseTransaction, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, sea_query::OnConflict,
};
use secrecy::SecretString;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{Admins, Error, FIRST_ADMIN, Result, invitation, team::NewAdmin};
use crate::{crypto::token, db::in_turn, domain::audit::AuditContext};

/// The name of the secret with the digest of the link's token; it exists until there is an administrator.
const SETUP: &str = "setup_token";
/// A number that no other lock uses ("setup" in ASCII).
const ADVISORY_KEY: i64 = 0x73_6574_7570;

impl Admins {
    /// On the first start, creates the administrator with the configured password, or the token of a set-up link if no
    /// password is configured. An earlier link becomes invalid.
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
            if self.create_first(&context, FIRST_ADMIN, password).await? {
                tracing::info!("created the administrator; ADMIN_PASSWORD is no longer needed");
            }
            return Ok(None);
        }
        let token = token::generate("setup-");
        let transaction = self.db.begin().await?;
        in_turn(&transaction, ADVISORY_KEY).await?;
        if Admin::find().count(&transaction).await? > 0 {
            return Ok(None);
        }
        let digest = self.digester.digest(token.as_bytes());
        let row = secret::ActiveModel {
            name: Set(SETUP.to_owned()),
            sealed: Set(self.vault.seal(SETUP, &digest)?),
            created_at: Set(self.clock.now()),
        };
        let mut replace = OnConflict::column(secret::Column::Name);
        replace.update_columns([secret::Column::Sealed, secret::Column::CreatedAt]);
        Secret::insert(row)
            .on_conflict(replace)
            .exec_without_returning(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(Some(token))
    }

    /// Creates the first administrator without a link. False if there is one.
    pub(super) async fn create_first(
        &self,
        context: &AuditContext,
        username: &str,
        password: SecretString,
    ) -> Result<bool> {
        let row = self.new_row(&first(username, password)).await?;
        let transaction = self.db.begin().await?;
        if !claim(&transaction, None).await? {
            return Ok(false);
        }
        self.insert(context, &transaction, row).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Whether there is no administrator yet and one can be created with the set-up link.
    pub async fn setup_required(&self) -> Result<bool> {
        if self.is_set_up.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let links = Secret::find_by_id(SETUP).count(self.db.reader()).await?;
        // There is at least one owner from then on.
        self.is_set_up.store(links == 0, Ordering::Relaxed);
        Ok(links > 0)
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
        let invalid = Error::WrongCredentials(
            "the set-up link is invalid or was used; restart the server to get a new one",
        );
        let stored = Secret::find_by_id(SETUP).one(self.db.reader()).await?;
        let Some(stored) = stored else {
            return Err(invalid);
        };
        let digest = self.digester.digest(presented.as_bytes());
        if !bool::from(self.vault.open(SETUP, &stored.sealed)?.ct_eq(&digest)) {
            return Err(invalid);
        }
        let new = first(username.unwrap_or(FIRST_ADMIN), password);
        let row = self.new_row(&new).await?;
        let transaction = self.db.begin().await?;
        if !claim(&transaction, Some(stored.sealed)).await? {
            return Err(invalid);
        }
        let admin = self.insert(context, &transaction, row).await?;
        transaction.commit().await?;
        Ok(admin)
    }
}

fn first(username: &str, password: SecretString) -> NewAdmin {
    NewAdmin {
        username: username.to_owned(),
        role: Role::Owner,
        password: Some(password),
    }
}

/// Deletes the set-up link, whose digest must be the given one. False if there is an administrator or another link:
/// of concurrent callers, exactly one creates the first administrator.
async fn claim(transaction: &DatabaseTransaction, sealed: Option<Vec<u8>>) -> Result<bool> {
    in_turn(transaction, ADVISORY_KEY).await?;
    if Admin::find().count(transaction).await? > 0 {
        return Ok(false);
    }
    let mut delete = Secret::delete_many().filter(secret::Column::Name.eq(SETUP));
    let is_bound = sealed.is_some();
    if let Some(sealed) = sealed {
        delete = delete.filter(secret::Column::Sealed.eq(sealed));
    }
    let deleted = delete.exec(transaction).await?.rows_affected;
    Ok(deleted > 0 || !is_bound)
}
