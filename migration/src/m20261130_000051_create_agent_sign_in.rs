//! Sign-ins of agents: requests that wait for a user, the sign-ins themselves and their tokens. Only digests of codes and
//! tokens are kept.

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
        manager.create_table(sign_in()).await?;
        manager.create_table(token()).await?;
        for index in [
            Index::create()
                .name("ix_agent_sign_in_request_expires_at")
                .table("agent_sign_in_request")
                .col("expires_at")
                .to_owned(),
            Index::create()
                .name("ix_agent_token_api_key_id")
                .table("agent_token")
                .col("api_key_id")
                .to_owned(),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["agent_token", "agent_sign_in", "agent_sign_in_request"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

fn request() -> TableCreateStatement {
    Table::create()
        .table("agent_sign_in_request")
        .col(pk_uuid("id"))
        .col(binary_len_uniq("user_code_digest", 32))
        .col(blob_null("code_digest").unique_key())
        .col(string_len_null("redirect_uri", 200))
        .col(string_len_null("client_state", 1000))
        .col(string_len_null("code_challenge", 43))
        .col(string_len_null("client_id", 200))
        .col(string_len_null("agent", 200))
        .col(string_len_null("surface", 60))
        .col(string_len_null("client_ip", 45))
        .col(boolean("long_lived"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("polled_at"))
        .col(uuid_null("confirmed_with"))
        .col(uuid_null("user_id"))
        .col(string_len_null("name", 100))
        .col(timestamp_with_time_zone_null("decided_at"))
        .col(timestamp_with_time_zone_null("denied_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .col(uuid_null("api_key_id"))
        .to_owned()
}

fn sign_in() -> TableCreateStatement {
    Table::create()
        .table("agent_sign_in")
        .col(pk_uuid("api_key_id"))
        .col(string_len_null("client_id", 200))
        .col(string_len_null("agent", 200))
        .col(string_len_null("surface", 60))
        .col(string_len_null("client_ip", 45))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("refreshed_at"))
        .col(string_len_null("refreshed_from", 45))
        .foreign_key(
            ForeignKey::create()
                .name("fk_agent_sign_in_api_key")
                .from("agent_sign_in", "api_key_id")
                .to("api_key", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn token() -> TableCreateStatement {
    Table::create()
        .table("agent_token")
        .col(pk_uuid("id"))
        .col(uuid("api_key_id"))
        .col(string_len("kind", 16))
        .col(binary_len_uniq("digest", 32))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("replaced_at"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_agent_token_api_key")
                .from("agent_token", "api_key_id")
                .to("api_key", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
