//! The engine's configuration: rendered from the credentials, written where the engine watches it.

mod document;
mod file;
mod identity;
mod lists;

pub(super) use document::{Document, Door};
pub(super) use file::write_in_place;
pub(super) use identity::Accounts;
pub(super) use lists::{CredentialLists, Reveal};
