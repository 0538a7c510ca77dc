//! Sessions of agents, with the sums of their requests.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SUMS: [&str; 16] = [
    "sub_agent_requests",
    "sub_agent_cost",
    "requests",
    "failed",
    "rejected",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cost",
    "unpriced",
    "assumed",
    "unknown",
    "estimated",
    "duration",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(agent_session()).await?;
        // SQLite adds one column at a time.
        for column in [
            uuid_null("agent_session_id").take(),
            string_len_null("sub_agent", 64).take(),
        ] {
            let table = Table::alter()
                .table("request")
                .add_column(column)
                .to_owned();
            manager.alter_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop()
            .name("ix_request_agent_session")
            .table("request")
            .to_owned();
        manager.drop_index(index).await?;
        for column in ["sub_agent", "agent_session_id"] {
            let table = Table::alter()
                .table("request")
                .drop_column(column)
                .to_owned();
            manager.alter_table(table).await?;
        }
        manager
            .drop_table(Table::drop().table("agent_session").to_owned())
            .await
    }
}

fn agent_session() -> TableCreateStatement {
    let mut table = Table::create()
        .table("agent_session")
        .col(pk_uuid("id"))
        .col(uuid("user_id"))
        .col(uuid("api_key_id"))
        .col(string_len_null("name", 64))
        .col(string_len("agent", 16))
        .col(string_len_null("agent_version", 32))
        .col(big_integer("started_at"))
        .col(big_integer("last_request_at"))
        .to_owned();
    for sum in SUMS {
        table.col(big_integer(sum));
    }
    table
}

/// The order of the list, of all sessions and of one user's; the id that the agent sent; and the requests of a session.
fn indexes() -> [IndexCreateStatement; 4] {
    [
        Index::create()
            .name("ix_agent_session_last_request")
            .table("agent_session")
            .col("last_request_at")
            .col("id")
            .to_owned(),
        Index::create()
            .name("ix_agent_session_user")
            .table("agent_session")
            .col("user_id")
            .col("last_request_at")
            .col("id")
            .to_owned(),
        Index::create()
            .name("ix_agent_session_name")
            .table("agent_session")
            .col("name")
            .and_where(Expr::col("name").is_not_null())
            .to_owned(),
        Index::create()
            .name("ix_request_agent_session")
            .table("request")
            .col("agent_session_id")
            .col("sequence")
            .and_where(Expr::col("agent_session_id").is_not_null())
            .to_owned(),
    ]
}
