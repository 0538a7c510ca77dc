//! An account group that a user, a key or a group of users may use.

use sea_orm::entity::prelude::*;

/// The kind of subject that may use an account group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum AccessSubjectKind {
    ApiKey,
    User,
    UserGroup,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_access")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_kind: AccessSubjectKind,
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_id: Uuid,
    /// It may be removed: the row still restricts its subject.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_group_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
