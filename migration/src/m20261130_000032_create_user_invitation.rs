//! One-time links with which users get a key.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(user_invitation()).await?;
        let of_user = Index::create()
            .name("ix_user_invitation_user_id")
            .table("user_invitation")
            .col("user_id")
            .to_owned();
        manager.create_index(of_user).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("user_invitation").to_owned())
            .await
    }
}

fn user_invitation() -> TableCreateStatement {
    Table::create()
        .table("user_invitation")
        .col(pk_uuid("id"))
        .col(uuid("user_id"))
        .col(binary_len_uniq("digest", 32))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .col(uuid_null("api_key_id"))
        .col(json_null("allowed_models"))
        .col(timestamp_with_time_zone_null("api_key_expires_at"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_user_invitation_user")
                .from("user_invitation", "user_id")
                .to("user", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}
