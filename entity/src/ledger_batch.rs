//! The number of the last batch of requests, one row: shows whether a commit without confirmation succeeded.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_batch")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i16,
    pub number: i64,
}

impl ActiveModelBehavior for ActiveModel {}
