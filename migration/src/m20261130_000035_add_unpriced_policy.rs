//! Policies of cost quotas for models without a price and for free ones, and requests at an assumed price.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The requests whose cost is assumed: few, so that a correction finds them quickly.
const INDEX: &str = "ix_request_cost_assumed";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            let table = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        let index = Index::create()
            .name(INDEX)
            .table("request")
            .col("sequence")
            .and_where(Expr::cust("cost_assumed"))
            .to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop().name(INDEX).table("request").to_owned();
        manager.drop_index(index).await?;
        for (table, name) in [
            ("usage_slice", "assumed"),
            ("usage_rollup", "assumed"),
            ("request", "cost_assumed"),
            ("quota", "free_models"),
            ("quota", "unpriced"),
        ] {
            let table = Table::alter().table(table).drop_column(name).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

fn columns() -> [(&'static str, ColumnDef); 5] {
    [
        ("quota", string_len("unpriced", 16).default("assume").take()),
        (
            "quota",
            string_len("free_models", 16).default("allow").take(),
        ),
        ("request", boolean("cost_assumed").default(false).take()),
        ("usage_rollup", big_integer("assumed").default(0).take()),
        ("usage_slice", big_integer("assumed").default(0).take()),
    ]
}
