//! Remembers which archive the installed program came from, so that installing twice does nothing.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::crypto::checksum::sha256_of;

/// Whether the program is there, came from this archive, and is unharmed.
pub(super) fn is_installed(program: &Path, archive: &str) -> bool {
    let Ok(found) = std::fs::read_to_string(path(program)) else {
        return false;
    };
    sha256_of(program).is_ok_and(|program| found == text(archive, &program))
}

/// Notes that the program came from this archive.
pub(super) fn set(program: &Path, archive: &str) -> io::Result<()> {
    std::fs::write(path(program), text(archive, &sha256_of(program)?))
}

fn text(archive: &str, program: &str) -> String {
    format!("archive {archive}\nprogram {program}\n")
}

fn path(program: &Path) -> PathBuf {
    let mut name = OsString::from(program);
    name.push(".sha256");
    name.into()
}
