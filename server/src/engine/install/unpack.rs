//! Extracts the program, and nothing else, from a verified archive.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use flate2::read::GzDecoder;
use tar::{Archive, Entry};

use super::error::InstallError;

/// The program's name in the archive.
const PROGRAM: &str = "cli-proxy-api";
/// The program has about 50 MB.
const LIMIT_BYTES: u64 = 512 * 1024 * 1024;

/// Replaces the program atomically.
pub(super) fn unpack(archive: &Path, program: &Path) -> Result<(), InstallError> {
    let file = File::open(archive).map_err(|error| InstallError::disk(archive, error))?;
    let mut archive = Archive::new(GzDecoder::new(file));
    for entry in archive.entries().map_err(|error| unreadable(&error))? {
        let entry = entry.map_err(|error| unreadable(&error))?;
        if is_program(&entry) {
            return place(entry, program);
        }
    }
    Err(InstallError::Archive(format!(
        "there is no {PROGRAM} in it"
    )))
}

fn is_program(entry: &Entry<'_, impl Read>) -> bool {
    let is_named_so = entry
        .path()
        .is_ok_and(|path| path.file_name().is_some_and(|name| name == PROGRAM));
    is_named_so && entry.header().entry_type().is_file()
}

fn place(entry: Entry<'_, impl Read>, program: &Path) -> Result<(), InstallError> {
    if entry.size() > LIMIT_BYTES {
        return Err(InstallError::Archive(
            "the program in it is too large".to_owned(),
        ));
    }
    let new = program.with_extension("new");
    let disk = |error: io::Error| {
        let is_damaged = matches!(
            error.kind(),
            // The archive is damaged or ends too early.
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
        );
        if is_damaged {
            unreadable(&error)
        } else {
            InstallError::disk(&new, error)
        }
    };
    write(entry, &new).map_err(disk)?;
    std::fs::rename(&new, program).map_err(disk)?;
    let folder = program.parent().unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(disk)
}

fn write(mut entry: impl Read, path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o755)
        .open(path)?;
    io::copy(&mut entry, &mut file)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o755))?;
    file.sync_all()
}

fn unreadable(error: &io::Error) -> InstallError {
    InstallError::Archive(error.to_string())
}
