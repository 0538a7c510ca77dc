//! A group of provider accounts, which only permitted users and keys reach.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_group")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Unique among groups that are not removed.
    pub name: String,
    /// Whether callers without a rule of their own use this group instead of the accounts that are in no group. One
    /// group at most.
    pub is_default: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    /// Set instead of deleting the row: a caller whose groups were all removed reaches nothing, instead of all accounts
    /// that are in no group.
    pub removed_at: Option<DateTimeUtc>,
    /// Advanced by each change.
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
