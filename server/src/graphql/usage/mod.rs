//! Usage.

pub(super) mod input;
pub(super) mod live;
pub(super) mod report;
pub(super) mod slice;
