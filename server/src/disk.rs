//! Free space on disks, and how much of it a server needs.

use std::{
    io,
    path::{Path, PathBuf},
};

use nix::sys::statvfs::statvfs;

pub const MIB: u64 = 1024 * 1024;
/// Less than this is a warning.
pub const LOW_SPACE: u64 = 1024 * MIB;
/// Less than this is a problem: on a full disk nothing can be recorded, and all requests are rejected.
pub const MINIMUM_SPACE: u64 = 128 * MIB;

/// The bytes that are free for this user on the disk of a directory, or of its closest parent that exists.
pub fn free_space(directory: &Path) -> io::Result<u64> {
    let disk = statvfs(&existing_ancestor(directory))?;
    // Their types differ from system to system.
    #[expect(clippy::useless_conversion, reason = "needed on other systems")]
    let (blocks, size) = (
        u64::from(disk.blocks_available()),
        u64::from(disk.fragment_size()),
    );
    Ok(blocks.saturating_mul(size))
}

fn existing_ancestor(directory: &Path) -> PathBuf {
    let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let mut parents = absolute.ancestors();
    parents
        .find(|parent| parent.exists())
        .map_or_else(|| PathBuf::from("/"), Path::to_owned)
}
