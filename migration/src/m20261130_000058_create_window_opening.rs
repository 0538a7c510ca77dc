//! When the server opens usage windows of accounts.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("window_opening")
            .col(pk_uuid("account_id"))
            .col(json("times"))
            .col(string_len("timezone", 64))
            .col(string_len("model", 200))
            .col(timestamp_with_time_zone_null("begun_at"))
            .col(string_len_null("outcome", 16))
            .col(text_null("reason"))
            .col(timestamp_with_time_zone("updated_at"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk_window_opening_account")
                    .from("window_opening", "account_id")
                    .to("provider_account", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("window_opening").to_owned())
            .await
    }
}
