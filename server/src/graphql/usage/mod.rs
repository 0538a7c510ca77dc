//! Usage: totals, breakdowns and series over time.

pub(super) mod input;
mod live;
pub(super) mod report;
mod slice;
pub(super) mod totals;

pub(super) use self::live::UsageSubscription;
pub(super) use self::report::UsageQuery;
