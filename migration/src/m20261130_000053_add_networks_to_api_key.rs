//! The networks and the clients that a key may be used from.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in COLUMNS {
            let table = Table::alter()
                .table("api_key")
                .add_column(json_null(name))
                .to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in COLUMNS {
            let table = Table::alter().table("api_key").drop_column(name).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

const COLUMNS: [&str; 2] = ["allowed_networks", "allowed_clients"];
