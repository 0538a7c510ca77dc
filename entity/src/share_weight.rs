//! The weight of a user in shares, if it is not 1.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "share_weight")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    /// In hundredths: 0 to 10,000.
    pub weight: i32,
}

impl ActiveModelBehavior for ActiveModel {}
