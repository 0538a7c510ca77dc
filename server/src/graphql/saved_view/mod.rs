//! Views of pages of the web app that administrators save.

mod changes;
mod list;

pub(super) use self::{changes::SavedViewMutation, list::SavedViewQuery};
