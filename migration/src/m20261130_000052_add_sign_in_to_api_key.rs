//! When an agent signed in: its key has no secret, and short-lived tokens act as it.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table("api_key")
            .add_column(timestamp_with_time_zone_null("signed_in_at"))
            .to_owned();
        manager.alter_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table("api_key")
            .drop_column("signed_in_at")
            .to_owned();
        manager.alter_table(table).await
    }
}
