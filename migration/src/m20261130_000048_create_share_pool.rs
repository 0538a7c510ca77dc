//! Fair shares of subscription windows: modes, weights, overrides and what was decided.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [share_pool(), share_weight(), share_override(), share_hour()] {
            manager.create_table(table).await?;
        }
        let hour = Index::create()
            .name("ix_share_hour_hour")
            .table("share_hour")
            .col("hour")
            .to_owned();
        manager.create_index(hour).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["share_hour", "share_override", "share_weight", "share_pool"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

/// The nil id is that of the accounts in no group, so it has no foreign key.
fn share_pool() -> TableCreateStatement {
    Table::create()
        .table("share_pool")
        .col(pk_uuid("group_id"))
        .col(string_len("mode", 16))
        .col(timestamp_with_time_zone_null("observed_since"))
        .col(timestamp_with_time_zone("updated_at"))
        .to_owned()
}

fn share_weight() -> TableCreateStatement {
    Table::create()
        .table("share_weight")
        .col(pk_uuid("user_id"))
        .col(integer("weight"))
        .foreign_key(&mut of_user("fk_share_weight_user", "share_weight"))
        .to_owned()
}

fn share_override() -> TableCreateStatement {
    Table::create()
        .table("share_override")
        .col(uuid("group_id"))
        .col(uuid("user_id"))
        .col(timestamp_with_time_zone("until"))
        .col(string_len("reason", 200))
        .primary_key(Index::create().col("group_id").col("user_id"))
        .foreign_key(&mut of_user("fk_share_override_user", "share_override"))
        .to_owned()
}

fn share_hour() -> TableCreateStatement {
    Table::create()
        .table("share_hour")
        .col(uuid("group_id"))
        .col(uuid("user_id"))
        .col(big_integer("hour"))
        .col(big_integer("admitted"))
        .col(big_integer("lent"))
        .col(big_integer("would_refuse"))
        .col(big_integer("refused"))
        .primary_key(Index::create().col("group_id").col("user_id").col("hour"))
        .foreign_key(&mut of_user("fk_share_hour_user", "share_hour"))
        .to_owned()
}

fn of_user(name: &str, table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(name)
        .from(table, "user_id")
        .to("user", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}
