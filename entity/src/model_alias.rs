//! An alias of a model. Kept after its removal, so that earlier requests can still be priced.

use sea_orm::entity::prelude::*;

use super::provider_account::ProviderKind;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "model_alias")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Unique (case-insensitive) among aliases that are not removed.
    pub alias: String,
    /// The target model.
    pub model: String,
    /// The provider of the model; `None` for every provider that serves it.
    pub provider: Option<ProviderKind>,
    pub created_at: DateTimeUtc,
    pub removed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
