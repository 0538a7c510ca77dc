//! The aliases for the engine's configuration, next to the credentials.

use entity::model_alias::{self, Entity as ModelAlias};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use super::{ProviderAccounts, Result};

impl ProviderAccounts {
    /// The active aliases, by name.
    pub async fn model_aliases(&self) -> Result<Vec<model_alias::Model>> {
        let aliases = ModelAlias::find()
            .filter(model_alias::Column::RemovedAt.is_null())
            .order_by_asc(model_alias::Column::Alias);
        Ok(aliases.all(self.db.writer()).await?)
    }
}
