//! Users and their keys.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("user")
                    .col(pk_uuid("id"))
                    .col(string("name"))
                    .col(string_null("email"))
                    .col(text_null("note"))
                    .col(boolean("enabled"))
                    .col(json_null("allowed_models"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .col(timestamp_with_time_zone_null("last_used_at"))
                    .col(timestamp_with_time_zone_null("archived_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("uq_user_name")
                    .table("user")
                    .col("name")
                    .unique()
                    // An archived user gives its name back.
                    .and_where(Expr::col("archived_at").is_null())
                    .to_owned(),
            )
            .await?;
        manager.create_table(api_key()).await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_api_key_user")
                    .table("api_key")
                    .col("user_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["api_key", "user"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

fn api_key() -> TableCreateStatement {
    Table::create()
        .table("api_key")
        .col(pk_uuid("id"))
        .col(uuid("user_id"))
        .col(string("name"))
        .col(binary_len_uniq("digest", 32))
        .col(string_len("prefix", 64))
        .col(string_len("last_four", 4))
        .col(json_null("allowed_models"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("last_used_at"))
        .col(timestamp_with_time_zone_null("expires_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_api_key_user")
                .from("api_key", "user_id")
                .to("user", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}
