//! The disk: how long it takes to keep a promise, and how much it still holds.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::sys::statvfs::statvfs;

use super::Check;

/// The end of each answer waits for one sync, shared with whoever else waits.
const SLOW: Duration = Duration::from_millis(50);
/// Fewer than so many answers could end in a second.
const TOO_SLOW: Duration = Duration::from_millis(500);
const TRIES: usize = 5;
const MIB: u64 = 1024 * 1024;
const LITTLE: u64 = 1024 * MIB;
const TOO_LITTLE: u64 = 128 * MIB;

/// How long a sync takes in the data directory: the median of a few.
pub(super) fn sync(data_dir: &Path) -> Check {
    const TOPIC: &str = "disk sync";
    if !data_dir.exists() {
        let seen = format!("{} does not exist yet", data_dir.display());
        return Check::ok(TOPIC, seen + "; the server makes it");
    }
    match measure(data_dir) {
        Ok(taken) => {
            let seen = format!("a sync takes {:.1} ms", taken.as_secs_f64() * 1000.0);
            let remedy = "put DATA_DIR on a local SSD, not on a network file system: the end of each answer \
                        waits for a sync";
            if taken >= TOO_SLOW {
                Check::problem(TOPIC, seen, remedy)
            } else if taken >= SLOW {
                Check::warning(TOPIC, seen, remedy)
            } else {
                Check::ok(TOPIC, seen)
            }
        }
        Err(error) => Check::problem(
            TOPIC,
            format!("no file can be written in {}: {error}", data_dir.display()),
            "give DATA_DIR to the user of the server (chown), and look for a full or read-only disk",
        ),
    }
}

/// How much room there is.
pub(super) fn space(data_dir: &Path) -> Check {
    const TOPIC: &str = "disk space";
    let place = nearest(data_dir);
    let remedy = "make room or a larger disk: without room nothing can be recorded, and then no request is \
                let in";
    match statvfs(&place) {
        Ok(disk) => {
            // Their types differ from system to system.
            #[expect(clippy::useless_conversion, reason = "it is of use elsewhere")]
            let (blocks, size) = (
                u64::from(disk.blocks_available()),
                u64::from(disk.fragment_size()),
            );
            let free = blocks.saturating_mul(size);
            let seen = format!("{} MiB are free", free / MIB);
            if free < TOO_LITTLE {
                Check::problem(TOPIC, seen, remedy)
            } else if free < LITTLE {
                Check::warning(TOPIC, seen, remedy)
            } else {
                Check::ok(TOPIC, seen)
            }
        }
        Err(error) => Check::warning(
            TOPIC,
            format!("{} does not tell: {error}", place.display()),
            "check that DATA_DIR is mounted",
        ),
    }
}

/// The directory, or what it would be made in.
fn nearest(directory: &Path) -> PathBuf {
    let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let mut parents = absolute.ancestors();
    parents
        .find(|parent| parent.exists())
        .map_or_else(|| PathBuf::from("/"), Path::to_owned)
}

fn measure(data_dir: &Path) -> io::Result<Duration> {
    let probe = Probe::create(data_dir)?;
    let mut taken = Vec::with_capacity(TRIES);
    for _ in 0..TRIES {
        let began = Instant::now();
        (&probe.file).write_all(&[0; 512])?;
        probe.file.sync_data()?;
        taken.push(began.elapsed());
    }
    taken.sort();
    Ok(taken[TRIES / 2])
}

/// A file that is gone when it is dropped.
struct Probe {
    file: File,
    path: PathBuf,
}

impl Probe {
    fn create(directory: &Path) -> io::Result<Self> {
        let path = directory.join(format!(".doctor-{}", uuid::Uuid::new_v4().simple()));
        let file = File::options().write(true).create_new(true).open(&path)?;
        Ok(Self { file, path })
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        // What cannot be removed is a few bytes of nothing.
        let _ = fs::remove_file(&self.path);
    }
}
