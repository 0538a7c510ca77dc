//! The warnings that users got about the end of their keys.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("key_warning")
            .col(pk_uuid("api_key_id"))
            .col(integer("days"))
            .col(timestamp_with_time_zone("ends_at"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk_key_warning_api_key")
                    .from("key_warning", "api_key_id")
                    .to("api_key", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::drop().table("key_warning").to_owned();
        manager.drop_table(table).await
    }
}
