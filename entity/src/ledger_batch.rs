//! The last batch of requests that was written: one row. A commit whose answer was lost can be told from
//! one that did not happen.

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
