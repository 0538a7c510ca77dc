//! Quotas and rate limits of users and keys.

mod changes;
pub(super) mod fields;
pub(super) mod input;
mod many;

use async_graphql::MergedObject;

pub(super) use self::fields::QuotaQuery;
use self::{changes::ChangeLimitsMutation, many::ManyLimitsMutation};

#[derive(Debug, Default, MergedObject)]
pub(super) struct QuotaMutation(ChangeLimitsMutation, ManyLimitsMutation);
