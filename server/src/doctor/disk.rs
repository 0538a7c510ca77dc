//! The disk: how long a sync takes, and how much space is free.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use secrecy::ExposeSecret as _;

use super::Check;
use crate::{config::StorageConfig, db, disk};

/// A commit of SQLite takes at least one sync. Slower disks are named, but nothing fails by them.
const SLOW_SYNC: Duration = Duration::from_millis(50);
const SAMPLES: usize = 5;
const SYNC: &str = "disk sync";

/// Measures a sync where the commits of SQLite wait for one. With PostgreSQL only whether the data directory is
/// writable: the journal there is written, but never synced.
pub(super) fn sync(storage: &StorageConfig) -> Vec<Check> {
    let data_dir = &storage.data_dir;
    let Some(file) = db::file_of(storage.database_url.expose_secret()) else {
        return vec![examine(data_dir, false)];
    };
    let directory = file.parent().filter(|path| !path.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    if directory == data_dir {
        return vec![examine(data_dir, true)];
    }
    vec![examine(directory, true), examine(data_dir, false)]
}

fn examine(directory: &Path, has_database: bool) -> Check {
    let path = directory.display();
    if !directory.exists() {
        return Check::ok(
            SYNC,
            format!("{path} does not exist yet; the server creates it"),
        );
    }
    match measure(directory) {
        Ok(duration) => judge(&path.to_string(), duration, has_database),
        Err(error) => Check::problem(
            SYNC,
            format!("cannot write a file in {path}: {error}"),
            format!(
                "make {path} writable for the server's user (chown); check for a full or read-only disk"
            ),
        ),
    }
}

fn judge(path: &str, duration: Duration, has_database: bool) -> Check {
    let observed = format!(
        "a sync in {path} takes {:.1} ms",
        duration.as_secs_f64() * 1000.0
    );
    if !has_database {
        return Check::ok(
            SYNC,
            observed + "; the database is elsewhere, so nothing waits for it",
        );
    }
    if duration < SLOW_SYNC {
        return Check::ok(SYNC, observed);
    }
    let remedy = "move the SQLite database to a local SSD, not a network file system: each commit waits for a sync, \
                  so changes, sign-ins and the recording of requests are slow; answers do not wait for it";
    Check::warning(SYNC, observed, remedy)
}

/// Compares the free space of the data directory with what a server needs.
pub(super) fn space(data_dir: &Path) -> Check {
    const TOPIC: &str = "disk space";
    let remedy = "free some space or use a larger disk: on a full disk nothing can be recorded, and all requests are \
                  refused";
    match disk::free_space(data_dir) {
        Ok(free) => {
            let observed = format!("{} MiB free", free / disk::MIB);
            if free < disk::MINIMUM_SPACE {
                Check::problem(TOPIC, observed, remedy)
            } else if free < disk::LOW_SPACE {
                Check::warning(TOPIC, observed, remedy)
            } else {
                Check::ok(TOPIC, observed)
            }
        }
        Err(error) => Check::warning(
            TOPIC,
            format!(
                "cannot read the free space of {}: {error}",
                data_dir.display()
            ),
            "check that DATA_DIR is mounted",
        ),
    }
}

/// The median of a few syncs.
fn measure(directory: &Path) -> io::Result<Duration> {
    let probe = ProbeFile::create(directory)?;
    let mut durations = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        let start = Instant::now();
        (&probe.file).write_all(&[0; 512])?;
        probe.file.sync_data()?;
        durations.push(start.elapsed());
    }
    durations.sort();
    Ok(durations[SAMPLES / 2])
}

/// Removes its file when dropped.
struct ProbeFile {
    file: File,
    path: PathBuf,
}

impl ProbeFile {
    fn create(directory: &Path) -> io::Result<Self> {
        let path = directory.join(format!(".doctor-{}", uuid::Uuid::new_v4().simple()));
        let file = File::options().write(true).create_new(true).open(&path)?;
        Ok(Self { file, path })
    }
}

impl Drop for ProbeFile {
    fn drop(&mut self) {
        // A file that cannot be removed is empty but for a few zero bytes.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::{super::CheckResult, *};

    #[test]
    fn a_slow_sync_is_a_warning_where_commits_wait_for_it() {
        let slow = Duration::from_millis(600);

        let sqlite = judge("/data", slow, true);
        let postgres = judge("/data", slow, false);
        let fast = judge("/data", Duration::from_millis(2), true);

        assert_eq!(sqlite.result, CheckResult::Warning);
        assert!(sqlite.remedy.unwrap().contains("each commit waits"));
        assert_eq!(postgres.result, CheckResult::Ok);
        assert_eq!(fast.result, CheckResult::Ok);
    }

    #[test]
    fn a_database_outside_the_data_directory_is_measured_there() {
        let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let storage = |url: String| StorageConfig {
            data_dir: data.path().to_owned(),
            database_url: url.into(),
            encryption_key: None,
            previous_keys: Vec::new(),
        };
        let elsewhere = format!("sqlite://{}", other.path().join("x.db").display());

        let sqlite = sync(&storage(elsewhere));
        let postgres = sync(&storage("postgres://127.0.0.1/x".to_owned()));

        assert!(sqlite[0].observed.contains(other.path().to_str().unwrap()));
        assert!(sqlite[1].observed.contains("elsewhere"));
        assert_eq!(postgres.len(), 1);
        assert!(postgres[0].observed.contains("elsewhere"));
    }
}
