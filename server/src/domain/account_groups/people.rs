//! The users and keys that are permitted a group by a rule of their own.

use entity::{
    account_access::{self, AccessSubjectKind, Entity as AccountAccessRow},
    api_key::{self, Entity as ApiKey},
    user::{self, Entity as User},
};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _, Select, sea_query::SelectStatement,
};
use uuid::Uuid;

use super::AccountGroups;
use crate::domain::Result;

impl AccountGroups {
    /// The users of a group who are not archived, by name.
    pub async fn users(&self, group_id: Uuid, limit: u64) -> Result<Vec<user::Model>> {
        let users = users(group_id)
            .order_by_asc(user::Column::Name)
            .limit(limit);
        Ok(users.all(self.db.reader()).await?)
    }

    pub async fn count_users(&self, group_id: Uuid) -> Result<u64> {
        Ok(users(group_id).count(self.db.reader()).await?)
    }

    /// The keys of a group that are not revoked, of users who are not archived, by name.
    pub async fn api_keys(&self, group_id: Uuid, limit: u64) -> Result<Vec<api_key::Model>> {
        let keys = api_keys(group_id)
            .order_by_asc(api_key::Column::Name)
            .limit(limit);
        Ok(keys.all(self.db.reader()).await?)
    }

    pub async fn count_api_keys(&self, group_id: Uuid) -> Result<u64> {
        Ok(api_keys(group_id).count(self.db.reader()).await?)
    }
}

pub(super) fn users(group_id: Uuid) -> Select<User> {
    User::find()
        .filter(user::Column::ArchivedAt.is_null())
        .filter(user::Column::Id.in_subquery(subjects(AccessSubjectKind::User, group_id)))
}

pub(super) fn api_keys(group_id: Uuid) -> Select<ApiKey> {
    ApiKey::find()
        .inner_join(User)
        .filter(user::Column::ArchivedAt.is_null())
        .filter(api_key::Column::RevokedAt.is_null())
        .filter(api_key::Column::Id.in_subquery(subjects(AccessSubjectKind::ApiKey, group_id)))
}

fn subjects(kind: AccessSubjectKind, group_id: Uuid) -> SelectStatement {
    AccountAccessRow::find()
        .select_only()
        .column(account_access::Column::SubjectId)
        .filter(account_access::Column::SubjectKind.eq(kind))
        .filter(account_access::Column::AccountGroupId.eq(group_id))
        .into_query()
}
