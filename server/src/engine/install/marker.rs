//! Records the archive of the installed program, so that a repeated installation has no effect.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::crypto::checksum::sha256_of;

/// Whether the program is installed from this archive and unchanged.
pub(super) fn is_installed(program: &Path, archive: &str) -> bool {
    let Ok(found) = std::fs::read_to_string(path(program)) else {
        return false;
    };
    sha256_of(program).is_ok_and(|program| found == text(archive, &program))
}

/// Records that the program was installed from this archive.
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
