//! Quotas with their usage, and rate limits.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(quota()).await?;
        manager
            .create_index(
                Index::create()
                    .name("ix_quota_user")
                    .table("quota")
                    .col("user_id")
                    .to_owned(),
            )
            .await?;
        manager.create_table(quota_bucket()).await?;
        for (table, column) in additions() {
            manager
                .alter_table(Table::alter().table(table).add_column(column).to_owned())
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            ("user", "usage_reset_at"),
            ("user", "used_tokens"),
            ("user", "rate_limit"),
            ("api_key", "rate_limit"),
        ];
        for (table, column) in columns {
            manager
                .alter_table(Table::alter().table(table).drop_column(column).to_owned())
                .await?;
        }
        for table in ["quota_bucket", "quota"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

fn additions() -> [(&'static str, ColumnDef); 4] {
    [
        ("user", json_null("rate_limit").take()),
        ("api_key", json_null("rate_limit").take()),
        ("user", big_integer("used_tokens").default(0).take()),
        (
            "user",
            timestamp_with_time_zone_null("usage_reset_at").take(),
        ),
    ]
}

fn quota() -> TableCreateStatement {
    Table::create()
        .table("quota")
        .col(pk_uuid("id"))
        .col(uuid("user_id"))
        .col(uuid_null("api_key_id"))
        .col(string_len("metric", 16))
        .col(big_integer("limit"))
        .col(string_len("window", 16))
        .col(integer_null("rolling_seconds"))
        .col(string_len("timezone", 64))
        .col(string_len_null("provider", 24))
        .col(string_null("model_pattern"))
        .col(json("soft_percents"))
        .col(boolean("strict"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_quota_user")
                .from("quota", "user_id")
                .to("user", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_quota_api_key")
                .from("quota", "api_key_id")
                .to("api_key", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn quota_bucket() -> TableCreateStatement {
    Table::create()
        .table("quota_bucket")
        .col(uuid("quota_id"))
        .col(big_integer("starts_at"))
        .col(big_integer("used"))
        .primary_key(Index::create().col("quota_id").col("starts_at"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_quota_bucket_quota")
                .from("quota_bucket", "quota_id")
                .to("quota", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
