//! Several administrators: enabled or not, invitations, and second factors.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in additions() {
            manager
                .alter_table(Table::alter().table("admin").add_column(column).to_owned())
                .await?;
        }
        manager.create_table(recovery_code()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("recovery_code").to_owned())
            .await?;
        for column in additions().into_iter().rev() {
            let name = column.get_column_name().clone();
            manager
                .alter_table(Table::alter().table("admin").drop_column(name).to_owned())
                .await?;
        }
        Ok(())
    }
}

fn additions() -> [ColumnDef; 7] {
    [
        boolean("enabled").default(true).take(),
        timestamp_with_time_zone_null("signed_in_at").take(),
        binary_len_null("invitation_digest", 32).take(),
        timestamp_with_time_zone_null("invitation_expires_at").take(),
        var_binary_null("totp_sealed", 256).take(),
        timestamp_with_time_zone_null("totp_confirmed_at").take(),
        big_integer_null("totp_last_step").take(),
    ]
}

fn recovery_code() -> TableCreateStatement {
    Table::create()
        .table("recovery_code")
        .col(uuid("admin_id"))
        .col(binary_len("digest", 32))
        .col(timestamp_with_time_zone_null("used_at"))
        .primary_key(Index::create().col("admin_id").col("digest"))
        .foreign_key(
            ForeignKey::create()
                .name("fk_recovery_code_admin")
                .from("recovery_code", "admin_id")
                .to("admin", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
