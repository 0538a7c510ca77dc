//! `engine install`.

use std::path::PathBuf;

use clap::Args;

use super::{Done, terminal};

/// Downloads the engine, checks it against the checksum that this server was made with, and puts it
/// into the data directory. Interrupted downloads are resumed.
#[derive(Debug, Args)]
pub(super) struct Install {
    /// The directory of the database, the engine and generated keys.
    #[arg(
        long,
        env = "DATA_DIR",
        default_value = "./data",
        value_name = "DIRECTORY"
    )]
    data_dir: PathBuf,
}

impl Install {
    pub(super) async fn run(self) -> Done {
        terminal::say("not wired");
        Ok(())
    }
}
