//! The parts of a group by a second dimension.

use async_graphql::SimpleObject;

use super::{slice::UsageSlice, totals::UsageTotals};
use crate::{
    domain::usage::{By, Parts},
    graphql::types::scalar::BigInt,
};

/// A group by a second dimension. `slices` and `other` add up to the group exactly: they are read together.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct UsageParts {
    /// The largest parts, in order.
    slices: Vec<UsageSlice>,
    /// The totals of all other parts; zero without any.
    other: UsageTotals,
    /// The number of the other parts.
    other_count: BigInt,
}

impl UsageParts {
    pub(super) fn new(by: By, parts: Parts) -> Self {
        Self {
            slices: UsageSlice::all(by, None, parts.slices),
            other: parts.other.into(),
            other_count: BigInt(parts.other_count),
        }
    }
}
