//! Account groups: which provider accounts belong together, and which users and keys may use them.
//!
//! An account that is in a group is reached only by callers who are permitted one of its groups. All rules are in memory
//! ([`AccountAccess`]), so that a request needs no query and a change holds from the next request on.

mod access;
mod change;
mod people;
mod permit;
mod snapshot;

use entity::{
    account_group::{self, Entity as AccountGroupRow},
    provider_account::{self, Entity as ProviderAccount},
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};
use serde_json::{Value, json};
use uuid::Uuid;

pub(super) use self::access::AccessTurn;
pub use self::{
    access::AccountAccess,
    change::{AccountGroupChanges, DeletedAccountGroup, NewAccountGroup},
    permit::AccessSubject,
    snapshot::{AccessSnapshot, AccessSource, AccountGroup, AccountId, PermittedAccounts},
};
use super::{Error, Result, audit::AuditSubject, text, version};
use crate::{clock::SharedClock, db::Database};

/// The maximum number of groups.
pub const MAX_GROUPS: u64 = 200;
/// The maximum number of accounts of a group.
pub const MAX_ACCOUNTS: usize = 1000;
/// The maximum number of groups of a user or key.
pub const MAX_GROUPS_OF_SUBJECT: usize = 50;
const MAX_NAME: usize = 60;
/// The kind of subject of audit events about groups.
const SUBJECT: &str = "accountGroup";
const NOT_FOUND: Error = Error::NotFound {
    what: "account group",
};

/// The service for account groups.
#[derive(Clone, Debug)]
pub struct AccountGroups {
    db: Database,
    clock: SharedClock,
    access: AccountAccess,
}

impl AccountGroups {
    pub fn new(db: Database, clock: SharedClock, access: AccountAccess) -> Self {
        Self { db, clock, access }
    }

    /// The groups and who may use them, in memory.
    pub fn access(&self) -> &AccountAccess {
        &self.access
    }
}

/// Advances the version of a group that is not removed, if it is the expected one, and locks the group until the
/// transaction ends.
async fn next_version(
    connection: &impl ConnectionTrait,
    id: Uuid,
    expected: Option<i32>,
) -> Result<account_group::Model> {
    let (key, column) = (
        (account_group::Column::Id, id),
        account_group::Column::Version,
    );
    let is_current = version::advance::<AccountGroupRow>(connection, key, column, expected).await?;
    let group = AccountGroupRow::find_by_id(id)
        .filter(account_group::Column::RemovedAt.is_null())
        .one(connection)
        .await?
        .ok_or(NOT_FOUND)?;
    if is_current {
        return Ok(group);
    }
    let current = json!({ "name": group.name, "isDefault": group.is_default });
    Err(version::outdated("account group", group.version, current))
}

/// Fails unless all of these accounts exist and are not removed. Returns each once.
async fn check_accounts(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let ids = each_once(ids);
    check_size(ids.len())?;
    if present(connection, &ids).await?.len() == ids.len() {
        Ok(ids)
    } else {
        Err(Error::NotFound {
            what: "provider account",
        })
    }
}

/// Fails if a group would have too many accounts.
fn check_size(accounts: usize) -> Result<()> {
    if accounts > MAX_ACCOUNTS {
        return Err(Error::BadInput(format!(
            "a group can have at most {MAX_ACCOUNTS} accounts"
        )));
    }
    Ok(())
}

/// Those of these accounts that are not removed.
async fn present(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let accounts = ProviderAccount::find()
        .select_only()
        .column(provider_account::Column::Id)
        .filter(provider_account::Column::Id.is_in(ids.iter().copied()))
        .filter(provider_account::Column::RemovedAt.is_null())
        .into_tuple();
    Ok(accounts.all(connection).await?)
}

fn each_once(ids: &[Uuid]) -> Vec<Uuid> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn subject(group: &account_group::Model) -> AuditSubject {
    AuditSubject::new(SUBJECT, &group.id).named(&group.name)
}

/// The fields of a group, for the audit.
fn audited(group: &account_group::Model, accounts: &[Uuid]) -> Value {
    json!({
        "name": group.name,
        "isDefault": group.is_default,
        "accountIds": accounts,
    })
}

fn valid_name(name: &str) -> Result<String> {
    text::required("name", name, MAX_NAME)
}

fn name_taken(name: &str) -> String {
    format!("there is an account group named {name:?} already; choose another name")
}
