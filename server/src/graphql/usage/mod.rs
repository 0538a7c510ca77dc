//! Usage: totals, breakdowns and series over time.

mod forecast;
mod group;
pub(super) mod input;
mod latency;
mod live;
mod parts;
pub(super) mod report;
mod slice;
pub(super) mod totals;

pub(super) use self::live::UsageSubscription;
pub(super) use self::report::UsageQuery;
