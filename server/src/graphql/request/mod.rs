//! Requests to the gateway.

mod calculation;
mod fields;
pub(super) mod filter;
pub(super) mod histogram;
pub(super) mod list;
mod live;
mod waiting;

pub(super) use self::histogram::RequestHistogramQuery;
pub(super) use self::list::RequestQuery;
pub(super) use self::live::RequestSubscription;
pub(super) use self::waiting::{WaitingRequestsQuery, WaitingRequestsSubscription};
