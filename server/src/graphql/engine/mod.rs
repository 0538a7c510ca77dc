//! Engine.

pub(super) mod control;
pub(super) mod log;
