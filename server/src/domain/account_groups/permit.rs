//! Which groups users, keys and groups of users may use.

use entity::{
    account_access::{self, AccessSubjectKind, Entity as AccountAccessRow},
    api_key::{self, Entity as ApiKey},
    user::{self, Entity as User},
    user_group::{self, Entity as UserGroup},
};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    AccountGroups, MAX_GROUPS_OF_SUBJECT, NOT_FOUND, access::access_row, each_once,
    snapshot::AccessSnapshot,
};
use crate::domain::{
    Error, Result,
    audit::{self, AuditChange, AuditContext, AuditSubject},
    version,
};

/// A user, a key or a group of users that may use groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessSubject {
    User(Uuid),
    ApiKey(Uuid),
    UserGroup(Uuid),
}

impl AccessSubject {
    fn key(self) -> (AccessSubjectKind, Uuid) {
        match self {
            Self::User(id) => (AccessSubjectKind::User, id),
            Self::ApiKey(id) => (AccessSubjectKind::ApiKey, id),
            Self::UserGroup(id) => (AccessSubjectKind::UserGroup, id),
        }
    }

    fn audited(self) -> AuditSubject {
        match self {
            Self::User(id) => AuditSubject::new("user", &id),
            Self::ApiKey(id) => AuditSubject::new("apiKey", &id),
            Self::UserGroup(id) => AuditSubject::new("userGroup", &id),
        }
    }
}

impl AccountGroups {
    /// Replaces the groups that a subject may use; `None` inherits. Advances the version of the subject, and fails if it
    /// does not have the expected one.
    pub async fn set_access(
        &self,
        context: &AuditContext,
        subject: AccessSubject,
        expected_version: Option<i32>,
        group_ids: Option<&[Uuid]>,
    ) -> Result<()> {
        context.about(subject.audited());
        let group_ids = group_ids.map(check_groups).transpose()?;
        let turn = self.access.turn().await;
        let transaction = self.db.begin().await?;
        let state = self.access.current();
        let before = audited(own_ids(&state, subject).as_deref());
        let name = next_version(&transaction, subject, expected_version, &before).await?;
        for id in group_ids.iter().flatten() {
            state.group(*id).ok_or(NOT_FOUND)?;
        }
        let (kind, id) = subject.key();
        AccountAccessRow::delete_many()
            .filter(account_access::Column::SubjectKind.eq(kind))
            .filter(account_access::Column::SubjectId.eq(id))
            .exec(&transaction)
            .await?;
        if let Some(group_ids) = &group_ids {
            let rows = group_ids.iter().map(|id| access_row(subject.key(), *id));
            AccountAccessRow::insert_many(rows)
                .exec_without_returning(&transaction)
                .await?;
        }
        let named = subject.audited().named(&name);
        let updated = AuditChange::updated(named, before, audited(group_ids.as_deref()));
        audit::record(&transaction, &self.clock, context, updated).await?;
        turn.commit(transaction).await
    }
}

/// An empty list would be the same as none, which inherits, so it is an error.
fn check_groups(ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let ids = each_once(ids);
    if ids.is_empty() || ids.len() > MAX_GROUPS_OF_SUBJECT {
        return Err(Error::BadInput(format!(
            "accountGroupIds lists 1 to {MAX_GROUPS_OF_SUBJECT} groups; use null to inherit, or an empty group to \
             permit no account"
        )));
    }
    Ok(ids)
}

/// The groups of a subject that are not removed, by id.
fn own_ids(state: &AccessSnapshot, subject: AccessSubject) -> Option<Vec<Uuid>> {
    let (kind, id) = subject.key();
    let groups = state.own(kind, id)?;
    let ids: Vec<_> = groups.into_iter().map(|group| group.row.id).collect();
    Some(each_once(&ids))
}

fn audited(group_ids: Option<&[Uuid]>) -> Value {
    json!({ "accountGroupIds": group_ids })
}

/// Advances the version of a subject in use, if it is the expected one, and locks it until the transaction ends.
/// Returns its name.
async fn next_version(
    connection: &impl ConnectionTrait,
    subject: AccessSubject,
    expected: Option<i32>,
    current: &Value,
) -> Result<String> {
    let (what, is_current, name, version) = match subject {
        AccessSubject::User(id) => {
            let (key, column) = ((user::Column::Id, id), user::Column::Version);
            let is_current = version::advance::<User>(connection, key, column, expected).await?;
            let user = User::find_by_id(id)
                .filter(user::Column::ArchivedAt.is_null())
                .one(connection)
                .await?
                .ok_or(Error::NotFound { what: "user" })?;
            ("user", is_current, user.name, user.version)
        }
        AccessSubject::ApiKey(id) => {
            let (key, column) = ((api_key::Column::Id, id), api_key::Column::Version);
            let is_current = version::advance::<ApiKey>(connection, key, column, expected).await?;
            let key = ApiKey::find_by_id(id)
                .filter(api_key::Column::RevokedAt.is_null())
                .one(connection)
                .await?
                .ok_or(Error::NotFound { what: "API key" })?;
            ("API key", is_current, key.name, key.version)
        }
        AccessSubject::UserGroup(id) => {
            let (key, column) = ((user_group::Column::Id, id), user_group::Column::Version);
            let is_current =
                version::advance::<UserGroup>(connection, key, column, expected).await?;
            let group = UserGroup::find_by_id(id).one(connection).await?;
            let group = group.ok_or(Error::NotFound { what: "user group" })?;
            ("group", is_current, group.name, group.version)
        }
    };
    if is_current {
        Ok(name)
    } else {
        Err(version::outdated(what, version, current.clone()))
    }
}
