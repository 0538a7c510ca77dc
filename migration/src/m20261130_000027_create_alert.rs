//! Alerts: conditions that need an administrator, and when they ended.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(alert()).await?;
        // One open alert per kind and subject.
        let open = Index::create()
            .name("ux_alert_open")
            .table("alert")
            .col("kind")
            .col("subject_id")
            .unique()
            .and_where(Expr::col("ended_at").is_null())
            .to_owned();
        manager.create_index(open).await?;
        let ended = Index::create()
            .name("ix_alert_ended_at")
            .table("alert")
            .col("ended_at")
            .to_owned();
        manager.create_index(ended).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("alert").to_owned())
            .await
    }
}

fn alert() -> TableCreateStatement {
    Table::create()
        .table("alert")
        .col(pk_uuid("id"))
        .col(string_len("kind", 32))
        .col(string_len("subject_kind", 24))
        .col(string("subject_id"))
        .col(string("subject_name"))
        .col(string_len("severity", 16))
        .col(json("detail"))
        .col(timestamp_with_time_zone("raised_at"))
        .col(timestamp_with_time_zone("last_seen_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(timestamp_with_time_zone_null("acknowledged_at"))
        .col(string_null("acknowledged_by"))
        .to_owned()
}
