//! What fields cost, in points: a field of an answer costs one, and what asks the database as much as the
//! fields that could be answered in the same time. `docs/limits.md` says how much of it a caller has.

use crate::domain::paging::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE};

/// One query of the database that an index answers: about a quarter of a millisecond.
pub(crate) const QUERY: usize = 50;
/// Sums over a time range: about a millisecond.
pub(crate) const SUM: usize = 200;
/// How many items a filter finds. A list counts it as often as it has items, which is too much, so it is little.
pub(crate) const COUNT: usize = 40;
/// What is found together with its like for all items of a list, with one query.
pub(crate) const BATCHED: usize = 4;
/// The checksums of backups, which are read from their files.
pub(crate) const CHECKSUMS: usize = 1_000;
/// A row of the request log, which has some sixty columns: so much more than its fields.
pub(crate) const REQUEST_ROW: usize = 12;
/// Something that is asked of the engine or of a provider.
pub(crate) const REMOTE: usize = 100;

/// A page: a query, and as many items as it may hold.
pub(crate) fn page(first: Option<i32>, last: Option<i32>, child: usize) -> usize {
    let asked = first.or(last).and_then(|length| u64::try_from(length).ok());
    let length = asked.unwrap_or(DEFAULT_PAGE_SIZE).min(MAX_PAGE_SIZE);
    list(usize::try_from(length).unwrap_or(usize::MAX), child)
}

/// A page of requests.
pub(crate) fn page_of_requests(first: Option<i32>, child: usize) -> usize {
    page(first, None, child.saturating_add(REQUEST_ROW))
}

/// A query, and a list of about so many items.
pub(crate) fn list(items: usize, child: usize) -> usize {
    items.saturating_mul(child).saturating_add(QUERY)
}

/// One item that a query finds.
pub(crate) fn one(child: usize) -> usize {
    QUERY.saturating_add(child)
}

/// A sum, and about so many items of it.
pub(crate) fn sums(items: usize, child: usize) -> usize {
    items.saturating_mul(child).saturating_add(SUM)
}

/// The greatest parts of a sum: dearer than the sum, for all parts are added up to find them.
pub(crate) fn ranked(first: i32, child: usize) -> usize {
    page(Some(first), None, child).saturating_add(2 * SUM)
}
