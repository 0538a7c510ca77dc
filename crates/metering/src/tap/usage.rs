//! Merges the usage objects of an answer.

use super::counts::Counts;
use crate::protocols::{UsageConvention, UsageField};
use crate::tokens::{CREDIBLE, Tokens};

/// Collects counts, object by object. An incomplete object is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UsageCollector {
    convention: UsageConvention,
    current: Counts,
    /// The sums over the `iterations` of the current object.
    iterations: Counts,
    /// The sum of the current object's cache writes by lifetime.
    cache_write_parts: Option<i64>,
    reported: Option<Counts>,
    /// Counts outside usage objects, for servers that send no such object.
    fallback: Counts,
}

impl UsageCollector {
    pub(super) fn new(convention: UsageConvention) -> Self {
        Self {
            convention,
            current: Counts::default(),
            iterations: Counts::default(),
            cache_write_parts: None,
            reported: None,
            fallback: Counts::default(),
        }
    }

    /// Begins a usage object.
    pub(super) fn open(&mut self) {
        self.current = Counts::default();
        self.iterations = Counts::default();
        self.cache_write_parts = None;
    }

    /// Sets a count of the current object. Some servers send a count under two names, one of them zero.
    pub(super) fn set(&mut self, field: UsageField, count: i64) {
        if matches!(field, UsageField::CacheWritePart | UsageField::CacheWrite1h) {
            self.cache_write_parts = Some(plus(self.cache_write_parts, count));
        }
        if let Some(slot) = self.current.field(field) {
            *slot = (*slot).max(Some(count));
        }
    }

    /// Adds a count of one of the current object's `iterations`.
    pub(super) fn add(&mut self, field: UsageField, count: i64) {
        if let Some(slot) = self.iterations.field(field) {
            *slot = Some(plus(*slot, count));
        }
    }

    /// Sets a count outside usage objects.
    pub(super) fn set_fallback(&mut self, field: UsageField, count: i64) {
        if let Some(slot) = self.fallback.field(field) {
            *slot = Some(count);
        }
    }

    /// Ends a usage object; returns whether it had counts. Later objects complete earlier ones.
    pub(super) fn close(&mut self) -> bool {
        let mut current = std::mem::take(&mut self.current).at_least(self.iterations);
        current.cache_write = current.cache_write.max(self.cache_write_parts);
        self.open();
        if current == Counts::default() {
            return false;
        }
        self.reported = Some(match self.reported {
            Some(reported) => reported.completed_by(current),
            None => current,
        });
        true
    }

    /// `None` if no count was reported.
    pub(super) fn tokens(&self) -> Option<Tokens> {
        let reported = self.reported.map(|reported| match self.convention {
            UsageConvention::Inclusive => reported.inclusive(),
            UsageConvention::Exclusive => reported.exclusive(),
            UsageConvention::Mixed => reported.mixed(),
        });
        let is_blank = reported.is_none_or(|reported| reported.total() == 0);
        if is_blank && self.fallback != Counts::default() {
            return Some(self.fallback.exclusive());
        }
        reported
    }
}

/// A sum, limited to the greatest credible count.
fn plus(sum: Option<i64>, count: i64) -> i64 {
    let sum = sum.unwrap_or(0).saturating_add(count);
    sum.min(*CREDIBLE.end())
}
