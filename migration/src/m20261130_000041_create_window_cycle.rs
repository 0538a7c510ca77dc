//! Estimates of the usage windows of accounts, and the cycles that are over.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(account_window()).await?;
        manager.create_table(window_cycle()).await?;
        for (name, columns) in [
            (
                "ix_window_cycle_account",
                &["account_id", "name", "ended_at"][..],
            ),
            ("ix_window_cycle_ended_at", &["ended_at"]),
        ] {
            let mut index = Index::create().name(name).table("window_cycle").to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        manager.create_table(window_cycle_user()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["window_cycle_user", "window_cycle", "account_window"] {
            let table = Table::drop().table(table).to_owned();
            manager.drop_table(table).await?;
        }
        Ok(())
    }
}

fn account_window() -> TableCreateStatement {
    Table::create()
        .table("account_window")
        .col(uuid("account_id"))
        .col(string_len("name", 100))
        .col(small_integer("weights_version"))
        .col(text("estimate"))
        .col(text_null("plan"))
        .col(uuid_null("cycle_id"))
        .col(timestamp_with_time_zone_null("cycle_resets_at"))
        .col(boolean("has_warned"))
        .col(timestamp_with_time_zone("updated_at"))
        .primary_key(Index::create().col("account_id").col("name"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_account_window_account")
                .from("account_window", "account_id")
                .to("provider_account", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn window_cycle() -> TableCreateStatement {
    Table::create()
        .table("window_cycle")
        .col(uuid("id").primary_key())
        .col(uuid("account_id"))
        .col(string_len("name", 100))
        .col(timestamp_with_time_zone("started_at"))
        .col(timestamp_with_time_zone("ended_at"))
        .col(small_integer("percent"))
        .col(big_integer("micro_units"))
        .col(small_integer_null("outside_percent"))
        .col(big_integer_null("micro_units_per_percent"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_window_cycle_account")
                .from("window_cycle", "account_id")
                .to("provider_account", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn window_cycle_user() -> TableCreateStatement {
    Table::create()
        .table("window_cycle_user")
        .col(uuid("cycle_id"))
        .col(uuid("user_id"))
        .col(big_integer("micro_units"))
        .col(small_integer_null("percent_tenths"))
        .primary_key(Index::create().col("cycle_id").col("user_id"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_window_cycle_user_cycle")
                .from("window_cycle_user", "cycle_id")
                .to("window_cycle", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
