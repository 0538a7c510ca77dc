//! The price of a model's tokens from a time on. Never changed: a later price supersedes it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "price")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// A provider kind as the database writes it; empty for every provider.
    pub provider: String,
    /// A model's name, `*` matches any run of characters.
    pub model_pattern: String,
    pub effective_from: DateTimeUtc,
    /// Nano-USD per million tokens, like the next four.
    pub input_per_million: i64,
    pub cache_read_per_million: i64,
    pub cache_write_per_million: i64,
    pub output_per_million: i64,
    pub reasoning_per_million: i64,
    /// Nano-USD.
    pub per_request: i64,
    /// The source of the price, with its date.
    pub source: String,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
