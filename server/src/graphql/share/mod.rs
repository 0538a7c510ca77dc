//! Fair shares of the windows of account groups.

mod changes;
pub(super) mod own;
pub(super) mod state;

pub(super) use self::{changes::ShareMutation, state::ShareQuery};
