//! Complexity of fields, in points: a field of a response costs one, and a database query as many as fields
//! take the same time. `docs/limits.md` documents the budgets of callers.

use crate::domain::paging::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE};

/// An indexed database query: about 250 µs.
pub(crate) const QUERY: usize = 50;
/// Totals over a time range: about 1 ms.
pub(crate) const SUM: usize = 200;
/// Reading the latency of up to 100,000 requests.
pub(crate) const SAMPLE: usize = 1_000;
/// Counting the matches of a filter. A list charges this once per item, which is too much, so it is low.
pub(crate) const COUNT: usize = 40;
/// A row that a loader fetches together with those of the other items of a list.
pub(crate) const BATCHED: usize = 4;
/// Verifying the checksums of backups, which reads their files.
pub(crate) const CHECKSUMS: usize = 1_000;
/// A row of the request log, in addition to its fields: it has some sixty columns.
pub(crate) const REQUEST_ROW: usize = 12;
/// A call to the engine or a provider.
pub(crate) const REMOTE: usize = 100;

/// A page: a query, and the most items that it can contain.
pub(crate) fn page(first: Option<i32>, last: Option<i32>, child: usize) -> usize {
    let asked = first.or(last).and_then(|length| u64::try_from(length).ok());
    let length = asked.unwrap_or(DEFAULT_PAGE_SIZE).min(MAX_PAGE_SIZE);
    list(usize::try_from(length).unwrap_or(usize::MAX), child)
}

/// A page of requests.
pub(crate) fn page_of_requests(first: Option<i32>, child: usize) -> usize {
    page(first, None, child.saturating_add(REQUEST_ROW))
}

/// A query, and a list of about `items` items.
pub(crate) fn list(items: usize, child: usize) -> usize {
    items.saturating_mul(child).saturating_add(QUERY)
}

/// One item and its query.
pub(crate) fn one(child: usize) -> usize {
    QUERY.saturating_add(child)
}

/// Totals of about `items` groups.
pub(crate) fn sums(items: usize, child: usize) -> usize {
    items.saturating_mul(child).saturating_add(SUM)
}

/// A histogram: sums of about as many parts as it has, and requests that are counted one by one.
pub(crate) fn histogram(child: usize) -> usize {
    sums(100, child).saturating_add(2 * SUM)
}

/// The largest groups: more expensive than totals, because all groups are summed to find them.
pub(crate) fn ranked(first: i32, child: usize) -> usize {
    page(Some(first), None, child).saturating_add(2 * SUM)
}

/// The largest parts of one of the groups of a breakdown, which are summed together.
pub(crate) fn parts(first: i32, child: usize) -> usize {
    let length = usize::try_from(first).unwrap_or_default();
    length.saturating_mul(child).saturating_add(COUNT)
}
