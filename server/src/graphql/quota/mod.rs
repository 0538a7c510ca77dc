//! Quotas and rate limits of users and keys.

mod changes;
pub(super) mod fields;
pub(super) mod input;
mod many;
mod raise;

use async_graphql::MergedObject;

pub(super) use self::fields::QuotaQuery;
use self::{changes::ChangeLimitsMutation, many::ManyLimitsMutation, raise::QuotaRaiseMutation};

#[derive(Debug, Default, MergedObject)]
pub(super) struct QuotaMutation(ChangeLimitsMutation, ManyLimitsMutation, QuotaRaiseMutation);
