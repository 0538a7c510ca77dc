//! Usage of one user, key, provider, account and model in a quarter of an hour, an hour or a day (UTC).

use sea_orm::entity::prelude::*;

/// The period of a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum Period {
    /// Time zones differ from UTC by multiples of it.
    Quarter = 0,
    Hour = 1,
    Day = 2,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_rollup")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub period: Period,
    /// Seconds since 1970.
    #[sea_orm(primary_key, auto_increment = false)]
    pub starts_at: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub api_key_id: Uuid,
    /// A provider kind as the database writes it; empty while unknown.
    #[sea_orm(primary_key, auto_increment = false)]
    pub provider: String,
    /// Nil while unknown.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    /// The model in the request; empty for requests without one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub model: String,
    /// Forwarded to the engine.
    pub requests: i64,
    /// Of these, the ones that the engine, the provider or the server did not complete.
    pub failed: i64,
    /// Refused by the gateway; not among `requests`.
    pub rejected: i64,
    pub input_tokens: i64,
    pub cache_read_tokens: i64,
    pub cache_write_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    /// Nano-USD.
    pub cost: i64,
    /// Requests that used tokens of a model without a price.
    pub unpriced: i64,
    /// Of these, the ones that count at an assumed price.
    pub assumed: i64,
    /// Requests without reported tokens.
    pub unknown: i64,
    /// Requests whose tokens are estimated.
    pub estimated: i64,
    /// The sum over all requests, in microseconds.
    pub duration: i64,
}

impl ActiveModelBehavior for ActiveModel {}
