//! Types that several nouns share.

pub(super) mod paging;
pub(super) mod quota_amount;
pub(super) mod rate_limit;
pub(super) mod scalar;
pub(super) mod tokens;
