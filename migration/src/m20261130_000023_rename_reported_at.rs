//! The times of reports are named `reported_at`: of notification conditions, and of the windows of subscriptions.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

const OLD: &str = "told_at";
const NEW: &str = "reported_at";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        rename(manager, OLD, NEW).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        rename(manager, NEW, OLD).await
    }
}

async fn rename(
    manager: &SchemaManager<'_>,
    from: &'static str,
    to: &'static str,
) -> Result<(), DbErr> {
    let column = Table::alter()
        .table("notification_condition")
        .rename_column(from, to)
        .to_owned();
    manager.alter_table(column).await?;
    manager
        .get_connection()
        .execute_unprepared(&rename_key(manager.get_database_backend(), from, to))
        .await?;
    Ok(())
}

/// Renames a key of the JSON documents. A quotation mark within a JSON text is escaped, so only keys match.
fn rename_key(backend: DbBackend, from: &str, to: &str) -> String {
    let replace = |text: &str| format!("replace({text}, '\"{from}\":', '\"{to}\":')");
    let windows = if backend == DbBackend::Postgres {
        format!("{}::json", replace("windows::text"))
    } else {
        replace("windows")
    };
    format!("UPDATE provider_account SET windows = {windows} WHERE windows IS NOT NULL")
}
