//! The counts of an answer, from the first that is told to the last.

use super::counts::Counts;
use super::field_kind::{UsageConvention, UsageField};
use crate::tokens::{CREDIBLE, Tokens};

/// Collects counts, object by object: an object that is not complete counts for nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct UsageCollector {
    convention: UsageConvention,
    current: Counts,
    /// The sums over the iterations that the current object lists.
    iterations: Counts,
    /// The sum of the parts of what was written to a cache, in the current object.
    cache_write_parts: Option<i64>,
    told: Option<Counts>,
    /// Counts outside the objects, for servers that send none.
    loose: Counts,
}

impl UsageCollector {
    pub(super) fn new(convention: UsageConvention) -> Self {
        Self {
            convention,
            current: Counts::default(),
            iterations: Counts::default(),
            cache_write_parts: None,
            told: None,
            loose: Counts::default(),
        }
    }

    /// An object of counts begins.
    pub(super) fn open(&mut self) {
        self.current = Counts::default();
        self.iterations = Counts::default();
        self.cache_write_parts = None;
    }

    /// Sets a count of the current object. Some servers send a count under two names, one of them zero.
    pub(super) fn set(&mut self, field: UsageField, count: i64) {
        if field == UsageField::CacheWritePart {
            self.cache_write_parts = Some(plus(self.cache_write_parts, count));
        } else if let Some(slot) = self.current.field(field) {
            *slot = (*slot).max(Some(count));
        }
    }

    /// Adds a count of one of the iterations that the current object lists.
    pub(super) fn add(&mut self, field: UsageField, count: i64) {
        if let Some(slot) = self.iterations.field(field) {
            *slot = Some(plus(*slot, count));
        }
    }

    /// Sets a count outside the objects.
    pub(super) fn set_loose(&mut self, field: UsageField, count: i64) {
        if let Some(slot) = self.loose.field(field) {
            *slot = Some(count);
        }
    }

    /// An object of counts is complete; returns whether it had any. Later objects complete earlier ones.
    pub(super) fn close(&mut self) -> bool {
        let mut current = std::mem::take(&mut self.current).at_least(self.iterations);
        current.cache_write = current.cache_write.max(self.cache_write_parts);
        self.open();
        if current == Counts::default() {
            return false;
        }
        self.told = Some(match self.told {
            Some(told) => told.completed_by(current),
            None => current,
        });
        true
    }

    /// The buckets, if any count was told.
    pub(super) fn tokens(&self) -> Option<Tokens> {
        let told = self.told.map(|told| match self.convention {
            UsageConvention::Inclusive => told.inclusive(),
            UsageConvention::Exclusive => told.exclusive(),
            UsageConvention::Mixed => told.mixed(),
        });
        let is_blank = told.is_none_or(|told| told.total() == 0);
        if is_blank && self.loose != Counts::default() {
            return Some(self.loose.exclusive());
        }
        told
    }
}

/// A sum that stays believable.
fn plus(sum: Option<i64>, count: i64) -> i64 {
    let sum = sum.unwrap_or(0).saturating_add(count);
    sum.min(*CREDIBLE.end())
}
