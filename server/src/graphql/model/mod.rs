//! Models and aliases.

pub(super) mod alias;
pub(super) mod list;
