//! Administrators, their sessions, and the tokens of their scripts.

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
                    .table("admin")
                    .col(pk_uuid("id"))
                    .col(string_uniq("username"))
                    .col(string("password_hash"))
                    .col(string_len("role", 16))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .to_owned(),
            )
            .await?;
        manager.create_table(session()).await?;
        manager
            .create_table(
                Table::create()
                    .table("api_token")
                    .col(pk_uuid("id"))
                    .col(string("name"))
                    .col(string_len("role", 16))
                    .col(binary_len_uniq("digest", 32))
                    .col(string_len("prefix", 32))
                    .col(string_len("last_four", 4))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone_null("last_used_at"))
                    .col(timestamp_with_time_zone_null("expires_at"))
                    .col(timestamp_with_time_zone_null("revoked_at"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["api_token", "session", "admin"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

fn session() -> TableCreateStatement {
    Table::create()
        .table("session")
        .col(pk_uuid("id"))
        .col(uuid("admin_id"))
        .col(binary_len_uniq("digest", 32))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("last_seen_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(string_null("client_ip"))
        .col(string_null("user_agent"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_session_admin")
                .from("session", "admin_id")
                .to("admin", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
