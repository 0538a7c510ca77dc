//! Takes the rights of other users of the machine away from what is ours. Files that an earlier version or
//! another umask left readable stay so otherwise.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

const OTHERS: u32 = 0o077;

/// Makes a file, or a directory with the files in it, private. What is not there is left out; what cannot be
/// changed is in the log, because a server that does not start protects nothing.
pub fn keep_private(path: &Path) {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return;
    };
    // A link may lead to what is not ours.
    if metadata.is_symlink() {
        return;
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & OTHERS != 0 {
        let private = Permissions::from_mode(mode & !OTHERS);
        match fs::set_permissions(path, private) {
            Ok(()) => tracing::info!(path = %path.display(), "took the rights of other users away"),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "other users can read this");
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
