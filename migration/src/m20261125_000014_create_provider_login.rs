//! Sign-ins at providers.

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
                    .table("provider_login")
                    .col(pk_uuid("id"))
                    .col(string_len("kind", 24))
                    .col(string_len("mode", 16))
                    .col(string_len("status", 16))
                    .col(uuid("started_by"))
                    .col(uuid_null("session_id"))
                    .col(string_null("label"))
                    .col(blob_null("state_digest").unique_key())
                    .col(blob("sealed"))
                    .col(uuid_null("account_id"))
                    .col(text_null("error"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("expires_at"))
                    .col(timestamp_with_time_zone_null("finished_at"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("provider_login").to_owned())
            .await
    }
}
