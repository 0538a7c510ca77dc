//! Percentiles of how long requests took.

use async_graphql::SimpleObject;

use crate::{
    domain::usage,
    graphql::types::scalar::{BigInt, int},
};

/// How long forwarded requests took: of the requests that started in the range and are still in the request log, at
/// most the newest 100,000 of the range. All groups of a breakdown share these.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub(crate) struct UsageLatency {
    /// The number of requests that the percentiles are computed from.
    requests: BigInt,
    /// The time from the request to the end of the response; null without requests.
    duration: Option<UsagePercentiles>,
    /// The time from the request to the first byte of the response; null if none received a byte.
    time_to_first_byte: Option<UsagePercentiles>,
}

/// Exact percentiles by nearest rank, in milliseconds, rounded down.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[expect(
    clippy::struct_field_names,
    reason = "the unit is in the names that the schema has"
)]
pub(crate) struct UsagePercentiles {
    /// The median.
    p50_ms: i32,
    /// 95% of the requests took at most this long.
    p95_ms: i32,
    /// 99% of the requests took at most this long.
    p99_ms: i32,
}

impl From<usage::Latency> for UsageLatency {
    fn from(latency: usage::Latency) -> Self {
        Self {
            requests: BigInt(latency.requests),
            duration: latency.duration.map(Into::into),
            time_to_first_byte: latency.time_to_first_byte.map(Into::into),
        }
    }
}

impl From<usage::Percentiles> for UsagePercentiles {
    fn from(percentiles: usage::Percentiles) -> Self {
        Self {
            p50_ms: int(percentiles.p50 / 1000),
            p95_ms: int(percentiles.p95 / 1000),
            p99_ms: int(percentiles.p99 / 1000),
        }
    }
}
