//! A model name that the engine has listed, with its origin. Rows outlast the model, so that its date is not lost when
//! its accounts are away for a while.

use sea_orm::entity::prelude::*;

/// Where the engine knows a model from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum ModelOrigin {
    /// The catalogue that is compiled into the engine.
    #[sea_orm(string_value = "built_in")]
    BuiltIn,
    /// The catalogue that the engine has read from the internet.
    #[sea_orm(string_value = "refreshed")]
    Refreshed,
    /// An account's own list of models, an alias, or a prefix.
    #[sea_orm(string_value = "account")]
    Account,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "seen_model")]
pub struct Model {
    /// In the engine's spelling.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub origin: ModelOrigin,
    pub first_seen_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
