//! The files of the journal. A file is removed once all its requests are in the database.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use uuid::Uuid;

use super::line::Line;
use crate::domain::requests::RequestRecord;

const EXTENSION: &str = "journal";

/// One file.
#[derive(Debug)]
struct Segment {
    path: PathBuf,
    /// Entries whose requests are not in the database yet.
    pending: AtomicU64,
    /// The start of the oldest request in the file, in milliseconds since 1970.
    oldest: AtomicU64,
    /// Whether nothing more is written to it.
    is_ended: AtomicBool,
}

impl Segment {
    fn new(path: PathBuf, pending: u64, is_ended: bool) -> Arc<Self> {
        Arc::new(Self {
            path,
            pending: AtomicU64::new(pending),
            oldest: AtomicU64::new(u64::MAX),
            is_ended: AtomicBool::new(is_ended),
        })
    }
}

/// An entry that keeps its file. [`PendingEntry::release`] it when the request is in the database. Dropped
/// without that, as when the process ends, it keeps the file for the next start.
#[derive(Debug)]
pub struct PendingEntry(Arc<Segment>);

impl PendingEntry {
    fn new(segment: &Arc<Segment>) -> Self {
        segment.pending.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(segment))
    }

    /// The request is in the database or was not forwarded.
    pub fn release(self) {
        self.0.pending.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The files of the journal.
#[derive(Debug)]
pub(in crate::domain::requests) struct Segments {
    directory: PathBuf,
    next: AtomicU64,
    /// Those that exist, the ones being written among them.
    files: Mutex<Vec<Arc<Segment>>>,
}

impl Segments {
    /// Reads all files. The last entry of each request counts.
    pub(super) fn open(directory: &Path) -> io::Result<(Self, Vec<RequestRecord>)> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)?;
        let mut paths = Vec::new();
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if let Some(number) = number_of(&path) {
                paths.push((number, path));
            }
        }
        paths.sort();
        let mut records = HashMap::new();
        for (_, path) in &paths {
            read(path, &mut records)?;
        }
        let last = paths.last().map_or(0, |(number, _)| *number);
        let pending = u64::from(!records.is_empty());
        let files = paths
            .into_iter()
            .map(|(_, path)| Segment::new(path, pending, true));
        let segments = Self {
            directory: directory.to_owned(),
            next: AtomicU64::new(last + 1),
            files: Mutex::new(files.collect()),
        };
        Ok((segments, records.into_values().flatten().collect()))
    }

    /// Releases the files of earlier processes: their requests are in the database.
    pub(in crate::domain::requests) fn release_left_over(&self) {
        for segment in self.files().iter() {
            if segment.is_ended.load(Ordering::Acquire) {
                segment.pending.store(0, Ordering::Relaxed);
            }
        }
        self.remove_released();
    }

    /// Removes ended files without pending entries. Blocks.
    pub(in crate::domain::requests) fn remove_released(&self) {
        self.files().retain(|segment| {
            // In this order: an ended file gets no more entries.
            let is_kept = !segment.is_ended.load(Ordering::Acquire)
                || segment.pending.load(Ordering::Relaxed) > 0;
            if !is_kept && let Err(error) = fs::remove_file(&segment.path) {
                tracing::warn!(%error, "a file of the journal cannot be removed");
            }
            is_kept
        });
    }

    /// Entries whose requests are not in the database yet.
    pub(in crate::domain::requests) fn pending_entries(&self) -> u64 {
        let files = self.files();
        let pending = files
            .iter()
            .map(|segment| segment.pending.load(Ordering::Relaxed));
        pending.sum()
    }

    /// The start of the oldest request in any file, in milliseconds since 1970; `u64::MAX` without one. Blocks.
    pub(super) fn oldest(&self) -> u64 {
        self.remove_released();
        let files = self.files();
        let began = files
            .iter()
            .map(|segment| segment.oldest.load(Ordering::Relaxed));
        began.min().unwrap_or(u64::MAX)
    }

    /// Starts a new file. Blocks.
    pub(super) fn begin(&self) -> io::Result<Writing> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.directory.join(format!("{number:012}.{EXTENSION}"));
        let file = File::options()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        let segment = Segment::new(path, 0, false);
        self.files().push(Arc::clone(&segment));
        Ok(Writing {
            file,
            length: 0,
            is_torn: false,
            segment,
        })
    }

    /// Makes the names of new files durable. Blocks.
    pub(super) fn sync(&self) -> io::Result<()> {
        File::open(&self.directory)?.sync_all()
    }

    fn files(&self) -> MutexGuard<'_, Vec<Arc<Segment>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file being written. Dropped, it is ended, and may be removed by [`Segments::remove_released`].
#[derive(Debug)]
pub(super) struct Writing {
    file: File,
    length: u64,
    is_torn: bool,
    segment: Arc<Segment>,
}

impl Writing {
    /// Appends all lines or none.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(lines) {
            // A partial line would run into the next one.
            self.is_torn = self.file.set_len(self.length).is_err();
            return Err(error);
        }
        self.length += lines.len() as u64;
        Ok(())
    }

    /// Makes what was appended durable. Blocks.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Whether the file ends with a partial line.
    pub(super) fn is_torn(&self) -> bool {
        self.is_torn
    }

    /// Keeps the file for a request until the result is released.
    pub(super) fn pending(&self, id: Uuid) -> PendingEntry {
        let began = started_at(id);
        self.segment.oldest.fetch_min(began, Ordering::Relaxed);
        PendingEntry::new(&self.segment)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.segment.is_ended.store(true, Ordering::Release);
    }
}

/// The start of a request in milliseconds since 1970: the first 48 bits of a `UUIDv7`.
fn started_at(id: Uuid) -> u64 {
    u64::try_from(id.as_u128() >> 80).unwrap_or_default()
}

fn number_of(path: &Path) -> Option<u64> {
    let is_ours = path.extension()? == EXTENSION;
    let number = path.file_stem()?.to_str()?.parse().ok()?;
    is_ours.then_some(number)
}

/// Reads one file. Invalid lines, as a power failure may leave one, are skipped.
fn read(path: &Path, records: &mut HashMap<Uuid, Option<RequestRecord>>) -> io::Result<()> {
    let mut file = BufReader::new(File::open(path)?);
    let mut text = Vec::new();
    let mut broken = 0_u64;
    while file.read_until(b'\n', &mut text)? > 0 {
        match serde_json::from_slice::<Line<RequestRecord>>(&text) {
            Ok(Line::Request(record)) => {
                records.insert(record.id, Some(record));
            }
            Ok(Line::Void(id)) => {
                records.insert(id, None);
            }
            Err(_) => broken += 1,
        }
        text.clear();
    }
    if broken > 0 {
        tracing::warn!(path = %path.display(), lines = broken, "the journal has lines that cannot be read");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn a_file_is_removed_once_its_entries_are_released() {
        let home = tempfile::tempdir().unwrap();
        let (segments, _) = Segments::open(home.path()).unwrap();
        let mut writing = segments.begin().unwrap();
        writing.append(b"\n").unwrap();
        let path = writing.segment.path.clone();
        let (one, other) = (writing.pending(id(1)), writing.pending(id(2)));

        drop(writing);
        one.release();
        segments.remove_released();
        assert!(path.exists());
        other.release();
        segments.remove_released();

        assert!(!path.exists());
    }

    #[test]
    fn a_dropped_entry_keeps_its_file_for_the_next_start() {
        let home = tempfile::tempdir().unwrap();
        let (segments, _) = Segments::open(home.path()).unwrap();
        let mut writing = segments.begin().unwrap();
        writing
            .append(b"{\"void\":\"00000000-0000-0000-0000-000000000001\"}\n")
            .unwrap();
        drop(writing.pending(id(1)));

        drop(writing);
        segments.remove_released();

        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_oldest_request_is_known_as_long_as_its_file_exists() {
        let home = tempfile::tempdir().unwrap();
        let (segments, _) = Segments::open(home.path()).unwrap();
        let writing = segments.begin().unwrap();
        let old = writing.pending(id(7 << 80));
        writing.pending(id(9 << 80)).release();
        drop(writing);
        let writing = segments.begin().unwrap();

        assert_eq!(segments.oldest(), 7);
        old.release();
        assert_eq!(segments.oldest(), u64::MAX);
        writing.pending(id(8 << 80)).release();
        assert_eq!(segments.oldest(), 8);
    }

    #[test]
    fn invalid_lines_are_skipped() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("000000000001.journal");
        let text = "{\"void\":\"00000000-0000-0000-0000-000000000001\"}\n\0\0{\n{\"void\":\"00000000-0000-0000-0000-000000000002\"}\n{\"requ";
        fs::write(&path, text).unwrap();
        let mut records = HashMap::new();

        read(&path, &mut records).unwrap();

        assert_eq!(records.len(), 2);
        assert!(records.contains_key(&id(2)));
    }

    #[test]
    fn file_numbers_continue_after_those_of_the_last_process() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("000000000041.journal"), "").unwrap();

        let (segments, _) = Segments::open(home.path()).unwrap();
        let writing = segments.begin().unwrap();

        assert!(writing.segment.path.ends_with("000000000042.journal"));
    }
}
