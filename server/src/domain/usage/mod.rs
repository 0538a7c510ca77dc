//! Usage: sums that are kept as requests are settled, so that a question about months costs no more
//! than one about minutes.

pub(in crate::domain) mod rollup;
mod sums;
mod upsert;

pub use self::sums::Sums;
