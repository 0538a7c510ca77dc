//! Auth files of signed-in accounts: the database is the source; the engine refreshes tokens in its directory, and the
//! changes are stored immediately.

mod directory;
mod gate;
mod settling;
mod watch;

pub(super) use gate::{RefreshGate, RefreshHold};
pub(super) use settling::{AuthFiles, Writers};
pub(super) use watch::DirectoryWatch;
