//! The engine's configuration: rendered from the credentials, and written to the file that the engine watches.

mod additional;
mod aliases;
mod choices;
mod document;
mod file;
mod identity;
mod lists;

pub(super) use aliases::KnownModels;
pub(super) use document::{Applied, Document, ListenAddress};
pub(super) use file::write_in_place;
pub(super) use identity::{EngineAccounts, auth_index};
pub(super) use lists::{CredentialLists, Reveal};
