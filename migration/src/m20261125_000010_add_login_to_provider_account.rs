//! Signed-in accounts, and the state of an account.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

fn columns() -> [ColumnDef; 12] {
    [
        string_null("email"),
        string_null("plan"),
        string_null("file_name"),
        timestamp_with_time_zone_null("expires_at"),
        timestamp_with_time_zone_null("refreshed_at"),
        integer("priority").default(0).take(),
        integer("weight").default(1).take(),
        timestamp_with_time_zone_null("last_used_at"),
        string_null("problem"),
        timestamp_with_time_zone_null("problem_at"),
        timestamp_with_time_zone_null("checked_at"),
        json_null("windows"),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite takes one at a time.
        for column in columns() {
            let table = Table::alter()
                .table("provider_account")
                .add_column(column)
                .to_owned();
            manager.alter_table(table).await?;
        }
        manager
            .create_index(
                Index::create()
                    .name("uq_provider_account_file_name")
                    .table("provider_account")
                    .col("file_name")
                    .unique()
                    // A removed account gives its file back.
                    .and_where(Expr::col("removed_at").is_null())
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(
                Index::drop()
                    .name("uq_provider_account_file_name")
                    .table("provider_account")
                    .to_owned(),
            )
            .await?;
        for column in columns().iter().rev() {
            let table = Table::alter()
                .table("provider_account")
                .drop_column(column.get_column_name())
                .to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
