//! Removes the permissions of other users from the server's files, which an earlier version or another umask may have
//! left readable.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

const OTHERS: u32 = 0o077;

/// Makes a file, or a directory with its files, private. Missing files are skipped; failures are logged, because a
/// server that refuses to start would protect nothing.
pub fn keep_private(path: &Path) {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return;
    };
    // A link may point to a file of another program.
    if metadata.is_symlink() {
        return;
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & OTHERS != 0 {
        let private = Permissions::from_mode(mode & !OTHERS);
        match fs::set_permissions(path, private) {
            Ok(()) => {
                tracing::info!(path = %path.display(), "removed the permissions of other users")
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "other users can read this file, and its permissions cannot be changed");
            }
        }
    }
    if metadata.is_dir() {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        for entry in entries {
            if entry.file_type().is_ok_and(|kind| kind.is_file()) {
                keep_private(&entry.path());
            }
        }
    }
}
