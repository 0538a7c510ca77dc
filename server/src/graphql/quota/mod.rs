//! Quotas and rate limits of users and keys.

mod changes;
pub(super) mod fields;
pub(super) mod input;

pub(super) use self::changes::QuotaMutation;
pub(super) use self::fields::QuotaQuery;
