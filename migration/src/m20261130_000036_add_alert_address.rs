//! Addresses to which users get warnings about their own quotas, requests to confirm them, and what was reported.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            let table = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        manager.create_table(request()).await?;
        manager.create_table(warning()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["quota_warning", "alert_address_request"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        for (table, column) in columns() {
            let column = column.get_column_name();
            let table = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

fn columns() -> [(&'static str, ColumnDef); 3] {
    [
        ("user", string_null("alert_address")),
        (
            "user",
            timestamp_with_time_zone_null("alert_address_confirmed_at"),
        ),
        ("notification", uuid_null("user_id")),
    ]
}

fn request() -> TableCreateStatement {
    Table::create()
        .table("alert_address_request")
        .col(pk_uuid("id"))
        .col(uuid("user_id"))
        .col(string("address"))
        .col(binary_len("digest", 32))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(integer("attempts"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_alert_address_request_user")
                .from("alert_address_request", "user_id")
                .to("user", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}

fn warning() -> TableCreateStatement {
    Table::create()
        .table("quota_warning")
        .col(pk_uuid("quota_id"))
        .col(integer("percent"))
        .col(timestamp_with_time_zone("reported_at"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_quota_warning_quota")
                .from("quota_warning", "quota_id")
                .to("quota", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
