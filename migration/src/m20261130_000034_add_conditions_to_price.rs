//! Rates by the lifetime of cache writes, the size of the prompt and the service tier.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for (table, column) in [
            ("price", big_integer_null("cache_write_1h_per_million")),
            ("price", json_null("conditional_rates")),
            ("request", big_integer_null("cache_write_1h_tokens")),
            ("request", string_len_null("requested_service_tier", 32)),
            ("request", string_len_null("service_tier", 32)),
        ] {
            let table = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [
            ("request", "service_tier"),
            ("request", "requested_service_tier"),
            ("request", "cache_write_1h_tokens"),
            ("price", "conditional_rates"),
            ("price", "cache_write_1h_per_million"),
        ] {
            let table = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
