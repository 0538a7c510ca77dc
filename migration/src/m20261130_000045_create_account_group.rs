//! Account groups, their accounts, and who may use them.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(account_group()).await?;
        let name = Index::create()
            .name("uq_account_group_name")
            .table("account_group")
            .col("name")
            .unique()
            // A removed group gives its name back.
            .and_where(Expr::col("removed_at").is_null())
            .to_owned();
        manager.create_index(name).await?;
        manager.create_table(account_group_member()).await?;
        manager.create_table(account_access()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["account_access", "account_group_member", "account_group"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

fn account_group() -> TableCreateStatement {
    Table::create()
        .table("account_group")
        .col(pk_uuid("id"))
        .col(string_len("name", 60))
        .col(boolean("is_default"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(timestamp_with_time_zone_null("removed_at"))
        .col(integer("version").default(1))
        .to_owned()
}

fn account_group_member() -> TableCreateStatement {
    Table::create()
        .table("account_group_member")
        .col(uuid("group_id"))
        .col(uuid("account_id"))
        .primary_key(Index::create().col("group_id").col("account_id"))
        .foreign_key(&mut group_of(
            "fk_account_group_member_group",
            "account_group_member",
            "group_id",
        ))
        .foreign_key(
            ForeignKey::create()
                .name("fk_account_group_member_account")
                .from("account_group_member", "account_id")
                .to("provider_account", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

/// The subject is a user, a key or a group of users, so it has no foreign key.
fn account_access() -> TableCreateStatement {
    Table::create()
        .table("account_access")
        .col(string_len("subject_kind", 16))
        .col(uuid("subject_id"))
        .col(uuid("account_group_id"))
        .primary_key(
            Index::create()
                .col("subject_kind")
                .col("subject_id")
                .col("account_group_id"),
        )
        .foreign_key(&mut group_of(
            "fk_account_access_group",
            "account_access",
            "account_group_id",
        ))
        .to_owned()
}

fn group_of(name: &str, table: &'static str, column: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(name)
        .from(table, column)
        .to("account_group", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}
