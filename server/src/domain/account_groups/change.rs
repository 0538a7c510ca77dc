//! Creating, changing and deleting groups.

use entity::{
    account_access::AccessSubjectKind,
    account_group::{self, Entity as AccountGroupRow},
    account_group_member::{self, Entity as AccountGroupMember},
    user,
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    ExprTrait as _, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, sea_query::Expr,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    AccountGroups, MAX_GROUPS, SUBJECT, audited, check_accounts, check_size, each_once, name_taken,
    next_version, people, present, subject, valid_name,
};
use crate::domain::{
    Error, Result,
    audit::{self, AuditChange, AuditContext, AuditSubject},
};

/// A group to create.
#[derive(Clone, Debug, Default)]
pub struct NewAccountGroup {
    pub name: String,
    pub account_ids: Vec<Uuid>,
    pub is_default: bool,
}

/// Changes of a group; `None` keeps a value.
#[derive(Clone, Debug, Default)]
pub struct AccountGroupChanges {
    pub name: Option<String>,
    /// Replaces the accounts.
    pub account_ids: Option<Vec<Uuid>>,
    pub is_default: Option<bool>,
}

/// A deleted group, with what its deletion changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedAccountGroup {
    pub id: Uuid,
    pub name: String,
    /// The number of accounts that are in no group now.
    pub released_accounts: u64,
    /// The number of users who were permitted the group.
    pub users: u64,
    /// The number of keys that were permitted the group.
    pub api_keys: u64,
    /// The number of groups of users that were permitted the group.
    pub user_groups: u64,
}

/// The most users that the error of a deletion that is not confirmed names.
const NAMED: u64 = 5;

impl AccountGroups {
    /// Creates a group. Only callers who are permitted it reach its accounts from then on.
    pub async fn create(
        &self,
        context: &AuditContext,
        new: NewAccountGroup,
    ) -> Result<account_group::Model> {
        let name = valid_name(&new.name)?;
        let now = self.clock.now();
        let turn = self.access.turn().await;
        let transaction = self.db.begin().await?;
        let groups = AccountGroupRow::find().filter(account_group::Column::RemovedAt.is_null());
        if groups.count(&transaction).await? >= MAX_GROUPS {
            return Err(Error::BadInput(format!(
                "there can be at most {MAX_GROUPS} account groups; delete one first"
            )));
        }
        if new.is_default {
            clear_default(&transaction).await?;
        }
        let accounts = check_accounts(&transaction, &new.account_ids).await?;
        let group = account_group::ActiveModel {
            id: Set(Uuid::now_v7()),
            name: Set(name.clone()),
            is_default: Set(new.is_default),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        let group = group
            .insert(&transaction)
            .await
            .map_err(|error| Error::unless_taken(error, || name_taken(&name)))?;
        add_members(&transaction, group.id, &accounts).await?;
        let created = AuditChange::created(subject(&group), audited(&group, &accounts));
        audit::record(&transaction, &self.clock, context, created).await?;
        turn.commit(transaction).await?;
        Ok(group)
    }

    /// Changes a group. Fails if the group does not have the expected version.
    pub async fn update(
        &self,
        context: &AuditContext,
        id: Uuid,
        expected_version: Option<i32>,
        changes: AccountGroupChanges,
    ) -> Result<account_group::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        let name = changes.name.as_deref().map(valid_name).transpose()?;
        let turn = self.access.turn().await;
        let transaction = self.db.begin().await?;
        let old = next_version(&transaction, id, expected_version).await?;
        let accounts_before = members(&transaction, id).await?;
        let before = audited(&old, &accounts_before);
        let mut accounts = accounts_before;
        if let Some(ids) = &changes.account_ids {
            accounts = check_accounts(&transaction, ids).await?;
            remove_members(&transaction, id).await?;
            add_members(&transaction, id, &accounts).await?;
        }
        if changes.is_default == Some(true) {
            clear_default(&transaction).await?;
        }
        let mut group = old.into_active_model();
        if let Some(name) = &name {
            group.name = Set(name.clone());
        }
        if let Some(is_default) = changes.is_default {
            group.is_default = Set(is_default);
        }
        group.updated_at = Set(self.clock.now());
        let group = group.update(&transaction).await.map_err(|error| {
            Error::unless_taken(error, || name_taken(name.as_deref().unwrap_or_default()))
        })?;
        let updated = AuditChange::updated(subject(&group), before, audited(&group, &accounts));
        audit::record(&transaction, &self.clock, context, updated).await?;
        turn.commit(transaction).await?;
        Ok(group)
    }

    /// Deletes a group. Those who were permitted only this group reach no account until they are permitted another one;
    /// its accounts that are in no other group become available to callers without a group. A group in use is deleted
    /// only if that is confirmed.
    pub async fn delete(
        &self,
        context: &AuditContext,
        id: Uuid,
        expected_version: Option<i32>,
        is_confirmed: bool,
    ) -> Result<DeletedAccountGroup> {
        context.about(AuditSubject::new(SUBJECT, &id));
        let turn = self.access.turn().await;
        let transaction = self.db.begin().await?;
        let old = next_version(&transaction, id, expected_version).await?;
        if old.is_default {
            return Err(Error::Conflict(
                "this group is the default of callers without an account group; choose another default first, or \
                 none"
                    .to_owned(),
            ));
        }
        let accounts = members(&transaction, id).await?;
        let deleted = self.consequences(&transaction, &old).await?;
        let subjects = deleted.users + deleted.api_keys + deleted.user_groups;
        let is_in_use = deleted.released_accounts > 0 || subjects > 0;
        if is_in_use && !is_confirmed {
            return Err(Error::Conflict(warning(&transaction, &deleted).await?));
        }
        let mut before = audited(&old, &accounts);
        before["users"] = json!(deleted.users);
        before["apiKeys"] = json!(deleted.api_keys);
        before["userGroups"] = json!(deleted.user_groups);
        before["releasedAccounts"] = json!(deleted.released_accounts);
        let removed = AuditChange::removed(subject(&old), before);
        let now = self.clock.now();
        let mut group = old.into_active_model();
        group.removed_at = Set(Some(now));
        group.updated_at = Set(now);
        group.update(&transaction).await?;
        remove_members(&transaction, id).await?;
        audit::record(&transaction, &self.clock, context, removed).await?;
        turn.commit(transaction).await?;
        Ok(deleted)
    }

    /// The consequences of the deletion of a group. The caller has the turn, so the snapshot has the committed rows.
    async fn consequences(
        &self,
        connection: &impl ConnectionTrait,
        group: &account_group::Model,
    ) -> Result<DeletedAccountGroup> {
        let state = self.access.current();
        let accounts = state.group(group.id).into_iter();
        let accounts = accounts.flat_map(|group| group.accounts.iter().copied());
        let alone: Vec<_> = accounts
            .filter(|account| state.groups_of(*account).len() == 1)
            .collect();
        let subjects = state.subjects_of(group.id);
        let of_users = |kind: &AccessSubjectKind| *kind == AccessSubjectKind::UserGroup;
        let user_groups = subjects.iter().filter(|(kind, _)| of_users(kind)).count();
        Ok(DeletedAccountGroup {
            id: group.id,
            name: group.name.clone(),
            released_accounts: present(connection, &alone)
                .await?
                .len()
                .try_into()
                .unwrap_or(u64::MAX),
            users: people::users(group.id).count(connection).await?,
            api_keys: people::api_keys(group.id).count(connection).await?,
            user_groups: user_groups.try_into().unwrap_or(u64::MAX),
        })
    }

    /// Replaces the groups of an account.
    pub async fn set_groups_of_account(
        &self,
        context: &AuditContext,
        account_id: Uuid,
        group_ids: &[Uuid],
    ) -> Result<()> {
        let account = AuditSubject::new("providerAccount", &account_id);
        context.about(account.clone());
        let turn = self.access.turn().await;
        let transaction = self.db.begin().await?;
        check_accounts(&transaction, &[account_id]).await?;
        let state = self.access.current();
        let group_ids = each_once(group_ids);
        for id in &group_ids {
            let group = state.group(*id).ok_or(super::NOT_FOUND)?;
            check_size(group.accounts.len() + 1)?;
        }
        let before = state.groups_of(account_id);
        let before: Vec<_> = before.iter().map(|group| group.row.id).collect();
        let (gained, lost) = (without(&group_ids, &before), without(&before, &group_ids));
        for id in gained.iter().chain(&lost).copied() {
            next_version(&transaction, id, None).await?;
        }
        AccountGroupMember::delete_many()
            .filter(account_group_member::Column::AccountId.eq(account_id))
            .filter(account_group_member::Column::GroupId.is_in(lost))
            .exec(&transaction)
            .await?;
        for id in gained {
            add_members(&transaction, id, &[account_id]).await?;
        }
        let updated = AuditChange::updated(
            account,
            json!({ "accountGroupIds": each_once(&before) }),
            json!({ "accountGroupIds": group_ids }),
        );
        audit::record(&transaction, &self.clock, context, updated).await?;
        turn.commit(transaction).await
    }
}

/// The consequences of the deletion of a group, for the error of one that is not confirmed.
async fn warning(
    connection: &impl ConnectionTrait,
    deleted: &DeletedAccountGroup,
) -> Result<String> {
    let users = people::users(deleted.id)
        .order_by_asc(user::Column::Name)
        .limit(NAMED)
        .all(connection)
        .await?;
    let names: Vec<_> = users.into_iter().map(|user| user.name).collect();
    let names = match names.is_empty() {
        true => String::new(),
        false if deleted.users > NAMED => format!(" ({}, …)", names.join(", ")),
        false => format!(" ({})", names.join(", ")),
    };
    Ok(format!(
        "this group is in use: users{names}: {}, API keys: {}, groups of users: {} lose access to its accounts, and {} \
         of its accounts become available to every caller without an account group; send confirm: true to delete it",
        deleted.users, deleted.api_keys, deleted.user_groups, deleted.released_accounts
    ))
}

/// The ids that the others do not contain.
fn without(ids: &[Uuid], others: &[Uuid]) -> Vec<Uuid> {
    let ids = ids.iter().copied();
    ids.filter(|id| !others.contains(id)).collect()
}

/// The accounts of a group, by id.
async fn members(connection: &impl ConnectionTrait, group_id: Uuid) -> Result<Vec<Uuid>> {
    let rows = AccountGroupMember::find()
        .filter(account_group_member::Column::GroupId.eq(group_id))
        .order_by_asc(account_group_member::Column::AccountId)
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| row.account_id).collect())
}

async fn add_members(
    connection: &impl ConnectionTrait,
    group_id: Uuid,
    accounts: &[Uuid],
) -> Result<()> {
    /// Rows of one statement, well below the parameters that a database accepts.
    const ROWS: usize = 200;
    for accounts in accounts.chunks(ROWS) {
        let rows = accounts.iter().map(|id| account_group_member::ActiveModel {
            group_id: Set(group_id),
            account_id: Set(*id),
        });
        AccountGroupMember::insert_many(rows)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

async fn remove_members(connection: &impl ConnectionTrait, group_id: Uuid) -> Result<()> {
    AccountGroupMember::delete_many()
        .filter(account_group_member::Column::GroupId.eq(group_id))
        .exec(connection)
        .await?;
    Ok(())
}

/// Makes no group the default.
async fn clear_default(connection: &impl ConnectionTrait) -> Result<()> {
    let version = account_group::Column::Version;
    AccountGroupRow::update_many()
        .col_expr(account_group::Column::IsDefault, Expr::value(false))
        .col_expr(version, Expr::col(version).add(1))
        .filter(account_group::Column::IsDefault.eq(true))
        .exec(connection)
        .await?;
    Ok(())
}
