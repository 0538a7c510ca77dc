//! The number of the last batch of requests that each server has written: shows whether a commit without confirmation
//! succeeded.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_batch")]
pub struct Model {
    /// The run of a server, as in `replica`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub incarnation: i64,
    pub number: i64,
}

impl ActiveModelBehavior for ActiveModel {}
