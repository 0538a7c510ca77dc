//! Signed-in accounts as files: the database is their home, the engine refreshes the tokens in its
//! directory, and what it writes there is sealed at once.

mod directory;
mod settling;
mod watch;

pub(super) use settling::{AuthFiles, Writers};
pub(super) use watch::DirectoryWatch;
