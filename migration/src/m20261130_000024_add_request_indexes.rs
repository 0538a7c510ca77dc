//! Indexes for the filters and the histogram of requests.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in [
            "ix_request_account",
            "ix_request_not_completed",
            "ix_request_started_at",
        ] {
            let index = Index::drop().name(name).table("request").to_owned();
            manager.drop_index(index).await?;
        }
        Ok(())
    }
}

fn indexes() -> [IndexCreateStatement; 3] {
    let index = |name: &'static str| Index::create().name(name).table("request").to_owned();
    [
        index("ix_request_started_at").col("started_at").to_owned(),
        // Filters by error code and by error status read it: few requests are in it.
        index("ix_request_not_completed")
            .col("sequence")
            .and_where(Expr::cust("outcome <> 'completed'"))
            .to_owned(),
        index("ix_request_account")
            .col("account_id")
            .col("sequence")
            .and_where(Expr::col("account_id").is_not_null())
            .to_owned(),
    ]
}
