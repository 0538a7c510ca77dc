//! Views of pages that administrators saved.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(saved_view()).await?;
        let name = Index::create()
            .name("ux_saved_view_name")
            .table("saved_view")
            .col("admin_id")
            .col("page")
            .col("name")
            .unique()
            .to_owned();
        manager.create_index(name).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("saved_view").to_owned())
            .await
    }
}

fn saved_view() -> TableCreateStatement {
    Table::create()
        .table("saved_view")
        .col(pk_uuid("id"))
        .col(uuid("admin_id"))
        .col(string_len("page", 16))
        .col(string_len("name", 60))
        .col(text("search"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_saved_view_admin")
                .from("saved_view", "admin_id")
                .to("admin", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
