//! Another name for a model. Kept after its end, so that what it was asked for can still be priced.

use sea_orm::entity::prelude::*;

use super::provider_account::ProviderKind;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "model_alias")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Unique, in any case, among aliases that were not removed.
    pub alias: String,
    /// The model that it stands for.
    pub model: String,
    /// Whose model; `None` for every provider's that serves it.
    pub provider: Option<ProviderKind>,
    pub created_at: DateTimeUtc,
    pub removed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
