//! Versions, which refuse changes that are based on an earlier state.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMNS: [(&str, &str); 7] = [
    ("user", "version"),
    ("user", "quotas_version"),
    ("user", "rate_limit_version"),
    ("api_key", "version"),
    ("api_key", "quotas_version"),
    ("api_key", "rate_limit_version"),
    ("provider_account", "version"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One statement for each column: SQLite adds one at a time.
        for (table, column) in COLUMNS {
            let table = Table::alter()
                .table(table)
                .add_column(integer(column).default(1))
                .to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            let table = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
