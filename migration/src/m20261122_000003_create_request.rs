//! Proxied requests.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(request()).await?;
        for (name, columns) in [
            ("ix_request_user", ["user_id", "sequence"]),
            ("ix_request_api_key", ["api_key_id", "sequence"]),
        ] {
            let mut index = Index::create().name(name).table("request").to_owned();
            for column in columns {
                index.col(column);
            }
            manager.create_index(index).await?;
        }
        manager
            .create_index(
                Index::create()
                    .name("ix_request_connection")
                    .table("request")
                    .col("connection_id")
                    // Only the turns of WebSockets have one.
                    .and_where(Expr::col("connection_id").is_not_null())
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("request").to_owned())
            .await
    }
}

fn request() -> TableCreateStatement {
    Table::create()
        .table("request")
        .col(pk_uuid("id"))
        .col(big_integer_uniq("sequence"))
        .col(uuid_null("connection_id"))
        .col(uuid("user_id"))
        .col(uuid("api_key_id"))
        .col(big_integer("started_at"))
        .col(big_integer("duration"))
        .col(big_integer_null("time_to_first_byte"))
        .col(string_len("endpoint", 200))
        .col(string_len("protocol", 24))
        .col(string_null("model"))
        .col(string_null("served_model"))
        .col(string_len_null("provider", 24))
        .col(uuid_null("account_id"))
        .col(boolean("streamed"))
        .col(small_integer_null("http_status"))
        .col(string_len("outcome", 16))
        .col(string_null("error_code"))
        .col(string_len("usage_source", 16))
        .col(string_len_null("reconciliation", 16))
        .col(big_integer_null("input_tokens"))
        .col(big_integer_null("cache_read_tokens"))
        .col(big_integer_null("cache_write_tokens"))
        .col(big_integer_null("output_tokens"))
        .col(big_integer_null("reasoning_tokens"))
        .col(string_null("client_ip"))
        .col(string_null("user_agent"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_request_user")
                .from("request", "user_id")
                .to("user", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_request_api_key")
                .from("request", "api_key_id")
                .to("api_key", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}
