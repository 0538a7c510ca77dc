//! One last batch for each server instead of one for all, so that servers do not take another's batch for their own.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::Statement};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        rebuild(manager, big_integer("incarnation")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        rebuild(manager, small_integer("id")).await
    }
}

/// Creates the table again with this key. SQLite cannot change the type of a column. The latest number is kept under
/// the key 1, which is the only row before this migration and no server's afterwards.
async fn rebuild(manager: &SchemaManager<'_>, mut key: ColumnDef) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let last = "SELECT max(number) FROM ledger_batch";
    let last = Statement::from_string(manager.get_database_backend(), last);
    let row = connection.query_one_raw(last).await?;
    let number: Option<i64> = match row {
        Some(row) => row.try_get_by_index(0)?,
        None => None,
    };
    manager
        .drop_table(Table::drop().table("ledger_batch").to_owned())
        .await?;
    manager
        .create_table(
            Table::create()
                .table("ledger_batch")
                .col(key.primary_key())
                .col(big_integer("number"))
                .to_owned(),
        )
        .await?;
    if let Some(number) = number {
        let insert = format!("INSERT INTO ledger_batch VALUES (1, {number})");
        connection.execute_unprepared(&insert).await?;
    }
    Ok(())
}
