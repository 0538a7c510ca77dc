//! Audit events, a hash chain.

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
                    .table("audit_event")
                    .col(big_integer("sequence").primary_key())
                    .col(big_integer("at"))
                    .col(string_len("actor_kind", 16))
                    .col(uuid_null("actor_id"))
                    .col(string_null("actor_name"))
                    .col(string_null("address"))
                    .col(string_len("action", 64))
                    .col(string_len_null("subject_kind", 32))
                    .col(string_null("subject_id"))
                    .col(string_null("subject_name"))
                    .col(text_null("before"))
                    .col(text_null("after"))
                    .col(string_len_null("error", 32))
                    .col(binary_len("previous_hash", 32))
                    .col(binary_len("hash", 32))
                    .to_owned(),
            )
            .await?;
        for (name, column) in INDEXES {
            manager
                .create_index(
                    Index::create()
                        .name(name)
                        .table("audit_event")
                        .col(column)
                        .to_owned(),
                )
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("audit_event").to_owned())
            .await
    }
}

const INDEXES: [(&str, &str); 2] = [
    ("ix_audit_event_subject", "subject_id"),
    ("ix_audit_event_actor", "actor_id"),
];
