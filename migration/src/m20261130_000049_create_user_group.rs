//! Groups of users.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let group = Table::create()
            .table("user_group")
            .col(pk_uuid("id"))
            .col(string_len_uniq("name", 100))
            .col(json_null("allowed_models"))
            .col(json_null("rate_limit"))
            .col(timestamp_with_time_zone("created_at"))
            .col(integer("version").default(1))
            .to_owned();
        manager.create_table(group).await?;
        let user = Table::alter()
            .table("user")
            .add_column(uuid_null("user_group_id"))
            .to_owned();
        manager.alter_table(user).await?;
        let index = Index::create()
            .name("idx_user_user_group_id")
            .table("user")
            .col("user_group_id")
            .to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop()
            .name("idx_user_user_group_id")
            .table("user")
            .to_owned();
        manager.drop_index(index).await?;
        let user = Table::alter()
            .table("user")
            .drop_column("user_group_id")
            .to_owned();
        manager.alter_table(user).await?;
        let group = Table::drop().table("user_group").to_owned();
        manager.drop_table(group).await
    }
}
