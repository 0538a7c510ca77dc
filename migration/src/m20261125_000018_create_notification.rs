//! Notification channels, rules, current conditions and messages.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [channel(), rule(), condition(), notification()] {
            manager.create_table(table).await?;
        }
        manager
            .create_index(
                Index::create()
                    .name("ix_notification_due")
                    .table("notification")
                    .col("state")
                    .col("next_attempt_at")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "notification",
            "notification_condition",
            "notification_rule",
            "notification_channel",
        ] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

fn channel() -> TableCreateStatement {
    Table::create()
        .table("notification_channel")
        .col(pk_uuid("id"))
        .col(string_uniq("name"))
        .col(string_len("kind", 16))
        .col(string("target"))
        .col(blob("sealed"))
        .col(boolean("enabled"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(timestamp_with_time_zone_null("sent_at"))
        .col(string_null("problem"))
        .col(timestamp_with_time_zone_null("problem_at"))
        .to_owned()
}

fn rule() -> TableCreateStatement {
    Table::create()
        .table("notification_rule")
        .col(pk_uuid("id"))
        .col(string_len("event", 24))
        .col(json("channel_ids"))
        .col(json("percents"))
        .col(integer("quiet_minutes"))
        .col(boolean("enabled"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .to_owned()
}

fn condition() -> TableCreateStatement {
    Table::create()
        .table("notification_condition")
        .col(uuid("rule_id"))
        .col(string_len("subject", 128))
        .col(boolean("holds"))
        .col(timestamp_with_time_zone("told_at"))
        .primary_key(Index::create().col("rule_id").col("subject"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_notification_condition_rule")
                .from("notification_condition", "rule_id")
                .to("notification_rule", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn notification() -> TableCreateStatement {
    Table::create()
        .table("notification")
        .col(pk_uuid("id"))
        .col(uuid("channel_id"))
        .col(string_len("event", 24))
        .col(string_len("subject", 128))
        .col(string("title"))
        .col(text("body"))
        .col(string_len("state", 16))
        .col(integer("attempts"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("next_attempt_at"))
        .col(timestamp_with_time_zone_null("sent_at"))
        .col(string_null("problem"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_notification_channel")
                .from("notification", "channel_id")
                .to("notification_channel", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
