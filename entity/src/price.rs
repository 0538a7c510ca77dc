//! What the tokens of a model cost from a moment on. Never changed: a newer price takes its place.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "price")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// A provider kind as the database writes it; empty for every provider.
    pub provider: String,
    /// A model's name, `*` standing for any run of characters.
    pub model_pattern: String,
    pub effective_from: DateTimeUtc,
    /// Nano-USD for a million tokens, as are the next four.
    pub input_per_million: i64,
    pub cache_read_per_million: i64,
    pub cache_write_per_million: i64,
    pub output_per_million: i64,
    pub reasoning_per_million: i64,
    /// Nano-USD.
    pub per_request: i64,
    /// Where the price was taken from, and when.
    pub source: String,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
