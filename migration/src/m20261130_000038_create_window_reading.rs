//! Levels of the usage windows of subscriptions, over time.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(window_reading()).await?;
        let observed_at = Index::create()
            .name("ix_window_reading_observed_at")
            .table("window_reading")
            .col("observed_at")
            .to_owned();
        manager.create_index(observed_at).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("window_reading").to_owned())
            .await
    }
}

fn window_reading() -> TableCreateStatement {
    Table::create()
        .table("window_reading")
        .col(uuid("account_id"))
        .col(string_len("name", 100))
        .col(timestamp_with_time_zone("observed_at"))
        .col(small_integer("used_percent"))
        .col(timestamp_with_time_zone_null("resets_at"))
        .col(string_len("source", 16))
        .primary_key(
            Index::create()
                .col("account_id")
                .col("name")
                .col("observed_at"),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_window_reading_account")
                .from("window_reading", "account_id")
                .to("provider_account", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
