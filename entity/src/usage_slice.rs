//! Usage by one dimension (total, user, model …): few rows, so that dashboards are fast with any number of requests.

use sea_orm::entity::prelude::*;

use super::usage_rollup::Period;

/// The dimension of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum Dimension {
    /// The total; the subject is empty.
    Total = 0,
    User = 1,
    ApiKey = 2,
    Provider = 3,
    Account = 4,
    Model = 5,
    /// The result of reconciliation.
    Reconciliation = 6,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_slice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub dimension: Dimension,
    #[sea_orm(primary_key, auto_increment = false)]
    pub period: Period,
    /// Seconds since 1970.
    #[sea_orm(primary_key, auto_increment = false)]
    pub starts_at: i64,
    /// An id or a name as the request's row has it; empty while unknown.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    /// The sums are those of `usage_rollup`.
    pub requests: i64,
    pub failed: i64,
    pub rejected: i64,
    pub input_tokens: i64,
    pub cache_read_tokens: i64,
    pub cache_write_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    pub cost: i64,
    pub unpriced: i64,
    pub assumed: i64,
    pub unknown: i64,
    pub estimated: i64,
    pub duration: i64,
}

impl ActiveModelBehavior for ActiveModel {}
