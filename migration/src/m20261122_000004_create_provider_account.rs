//! Credentials at providers.

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
                    .table("provider_account")
                    .col(pk_uuid("id"))
                    .col(string_len("kind", 24))
                    .col(string_len("credential", 16))
                    .col(string("label"))
                    .col(blob("sealed"))
                    .col(string_len("last_four", 4))
                    .col(string_null("base_url"))
                    .col(json("models"))
                    .col(string_null("prefix"))
                    .col(boolean("enabled"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("removed_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("uq_provider_account_label")
                    .table("provider_account")
                    .col("kind")
                    .col("label")
                    .unique()
                    // A removed account gives its label back.
                    .and_where(Expr::col("removed_at").is_null())
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("provider_account").to_owned())
            .await
    }
}
