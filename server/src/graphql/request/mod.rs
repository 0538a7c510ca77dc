//! Requests to the gateway.

mod calculation;
mod fields;
pub(super) mod filter;
pub(super) mod histogram;
pub(super) mod list;
mod live;

pub(super) use self::histogram::RequestHistogramQuery;
pub(super) use self::list::RequestQuery;
pub(super) use self::live::RequestSubscription;
