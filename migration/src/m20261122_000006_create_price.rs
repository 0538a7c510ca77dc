//! Prices.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("price")
                    .col(pk_uuid("id"))
                    // Empty for every provider: a unique index treats nulls as distinct.
                    .col(string_len("provider", 24))
                    .col(string("model_pattern"))
                    .col(timestamp_with_time_zone("effective_from"))
                    .col(big_integer("input_per_million"))
                    .col(big_integer("cache_read_per_million"))
                    .col(big_integer("cache_write_per_million"))
                    .col(big_integer("output_per_million"))
                    .col(big_integer("reasoning_per_million"))
                    .col(big_integer("per_request"))
                    .col(string("source"))
                    .col(timestamp_with_time_zone("created_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("ux_price")
                    .table("price")
                    .col("model_pattern")
                    .col("provider")
                    .col("effective_from")
                    .unique()
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("price").to_owned())
            .await
    }
}
