//! The event of rules and messages about expired accounts is named `account_expired`: it means that, not that an
//! account is about to expire.

use sea_orm_migration::prelude::*;

const OLD: &str = "account_expiring";
const NEW: &str = "account_expired";

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

async fn rename(manager: &SchemaManager<'_>, from: &str, to: &str) -> Result<(), DbErr> {
    for table in ["notification_rule", "notification"] {
        let update = Query::update()
            .table(table)
            .value("event", to)
            .and_where(Expr::col("event").eq(from))
            .to_owned();
        manager.execute(update).await?;
    }
    Ok(())
}
