//! A server that runs on this database. Without its row, its transactions are refused: another server has taken over.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "replica")]
pub struct Model {
    /// One run of a server, a random number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub incarnation: i64,
    /// The version of the server.
    pub version: String,
}

impl ActiveModelBehavior for ActiveModel {}
