//! Usage summed up as it is settled, and the cost of each request.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The sum columns of both tables.
const SUMS: [&str; 13] = [
    "requests",
    "failed",
    "rejected",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cost",
    "unpriced",
    "unknown",
    "estimated",
    "duration",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(usage_rollup()).await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_usage_rollup_time")
                    .table("usage_rollup")
                    .col("period")
                    .col("starts_at")
                    .to_owned(),
            )
            .await?;
        manager.create_table(usage_slice()).await?;
        // The days of one subject.
        manager
            .create_index(
                Index::create()
                    .name("ix_usage_slice_subject")
                    .table("usage_slice")
                    .col("dimension")
                    .col("subject")
                    .col("period")
                    .col("starts_at")
                    .to_owned(),
            )
            .await?;
        for column in [
            uuid_null("price_id").take(),
            big_integer_null("cost").take(),
        ] {
            manager
                .alter_table(
                    Table::alter()
                        .table("request")
                        .add_column(column)
                        .to_owned(),
                )
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["cost", "price_id"] {
            manager
                .alter_table(
                    Table::alter()
                        .table("request")
                        .drop_column(column)
                        .to_owned(),
                )
                .await?;
        }
        for table in ["usage_slice", "usage_rollup"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

/// By all dimensions together.
fn usage_rollup() -> TableCreateStatement {
    let mut table = Table::create()
        .table("usage_rollup")
        .col(uuid("user_id"))
        .col(small_integer("period"))
        .col(big_integer("starts_at"))
        .col(uuid("api_key_id"))
        .col(string_len("provider", 24))
        .col(uuid("account_id"))
        .col(string("model"))
        .to_owned();
    add_sums(&mut table);
    let mut key = Index::create();
    for column in [
        "user_id",
        "period",
        "starts_at",
        "api_key_id",
        "provider",
        "account_id",
        "model",
    ] {
        key.col(column);
    }
    table.primary_key(&mut key).to_owned()
}

/// By one dimension.
fn usage_slice() -> TableCreateStatement {
    let mut table = Table::create()
        .table("usage_slice")
        .col(small_integer("dimension"))
        .col(small_integer("period"))
        .col(big_integer("starts_at"))
        .col(string("subject"))
        .to_owned();
    add_sums(&mut table);
    let mut key = Index::create();
    for column in ["dimension", "period", "starts_at", "subject"] {
        key.col(column);
    }
    table.primary_key(&mut key).to_owned()
}

fn add_sums(table: &mut TableCreateStatement) {
    for sum in SUMS {
        table.col(big_integer(sum));
    }
}
