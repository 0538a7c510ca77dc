//! Sessions.

pub(super) mod list;
pub(super) mod second_factor;
pub(super) mod sign_in;
pub(super) mod viewer;
