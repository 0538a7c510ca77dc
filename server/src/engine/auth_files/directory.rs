//! The directory of auth files, with replacement of files that the engine may be writing.
//!
//! The engine truncates a file and rewrites it. This module replaces a file by a rename and keeps a link to the
//! previous one for a while, so that a concurrent write of the engine is not lost.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

/// The time for which the previous file is kept for a writer that had it open.
const REPLACED_FILE_RETENTION: Duration = Duration::from_secs(2);
const SUFFIX: &str = ".json";
/// The engine reads only names with the other suffix.
const OLD: &str = ".old";
const NEW: &str = ".new";

/// The content of a file, which contains tokens.
pub(super) type Bytes = Zeroizing<Vec<u8>>;

#[derive(Debug)]
pub(super) struct AuthDirectory {
    path: PathBuf,
    replaced: Vec<Replaced>,
}

/// A replaced file.
#[derive(Debug)]
struct Replaced {
    name: String,
    held: Bytes,
    at: Instant,
}

/// The content of the directory.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    /// Files that the engine wrote after they were replaced.
    pub(super) salvaged: Vec<(String, Bytes)>,
    pub(super) files: Vec<(String, Bytes)>,
}

impl AuthDirectory {
    /// The directory at this path, including files of an earlier run.
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            replaced: Vec::new(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads everything.
    pub(super) fn read(&mut self) -> io::Result<Inventory> {
        let mut inventory = Inventory::default();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                continue;
            };
            // The engine ignores anything else too.
            if !entry.file_type()?.is_file() {
                continue;
            }
            if let Some(of) = old_of(&name) {
                inventory.salvaged.extend(self.salvage(of)?);
            } else if name.ends_with(SUFFIX)
                && let Some(bytes) = read(&entry.path())?
            {
                inventory.files.push((name, bytes));
            }
        }
        Ok(inventory)
    }

    /// Reads late writes into a replaced file, and deletes it after a while.
    fn salvage(&mut self, name: &str) -> io::Result<Option<(String, Bytes)>> {
        let path = self.hidden(name, OLD);
        let bytes = read(&path)?;
        let known = self.replaced.iter().position(|old| old.name == name);
        let is_over =
            known.is_none_or(|at| self.replaced[at].at.elapsed() > REPLACED_FILE_RETENTION);
        let is_changed = bytes.is_some()
            && known.is_none_or(|at| bytes.as_ref() != Some(&self.replaced[at].held));
        if is_over {
            if let Some(at) = known {
                self.replaced.swap_remove(at);
            }
            remove(&path)?;
        }
        Ok(bytes
            .filter(|_| is_changed)
            .map(|bytes| (name.to_owned(), bytes)))
    }

    /// Replaces a file that was read; false when the engine has written it since.
    pub(super) fn replace(
        &mut self,
        name: &str,
        seen: Option<&Bytes>,
        text: &str,
    ) -> io::Result<bool> {
        let path = self.path.join(name);
        if read(&path)?.as_ref() != seen {
            return Ok(false);
        }
        let (new, old) = (self.hidden(name, NEW), self.hidden(name, OLD));
        write_new(&new, text)?;
        remove(&old)?;
        self.replaced.retain(|replaced| replaced.name != name);
        if let Some(seen) = seen {
            fs::hard_link(&path, &old)?;
            self.replaced.push(Replaced {
                name: name.to_owned(),
                held: seen.clone(),
                at: Instant::now(),
            });
        }
        fs::rename(&new, &path)?;
        Ok(seen.is_none() || read(&old)?.as_ref() == seen)
    }

    /// Deletes a file.
    pub(super) fn delete(&self, name: &str) -> io::Result<()> {
        remove(&self.path.join(name))
    }

    /// Deletes the temporary and replaced files.
    pub(super) fn clean(&mut self) -> io::Result<()> {
        for replaced in std::mem::take(&mut self.replaced) {
            remove(&self.hidden(&replaced.name, OLD))?;
        }
        Ok(())
    }

    fn hidden(&self, name: &str, suffix: &str) -> PathBuf {
        self.path.join(format!(".{name}{suffix}"))
    }
}

fn old_of(name: &str) -> Option<&str> {
    name.strip_prefix('.')?.strip_suffix(OLD)
}

fn read(path: &Path) -> io::Result<Option<Bytes>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    remove(path)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn bytes(text: &str) -> Bytes {
        Zeroizing::new(text.as_bytes().to_vec())
    }

    #[test]
    fn a_file_is_private_and_replaces_only_what_was_seen() {
        let folder = tempfile::tempdir().unwrap();
        let mut directory = AuthDirectory::new(folder.path().to_owned());

        assert!(directory.replace("a.json", None, "one").unwrap());
        assert!(!directory.replace("a.json", None, "two").unwrap());
        assert!(
            !directory
                .replace("a.json", Some(&bytes("x")), "two")
                .unwrap()
        );
        assert!(
            directory
                .replace("a.json", Some(&bytes("one")), "two")
                .unwrap()
        );

        let path = folder.path().join("a.json");
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_a_writer_puts_into_the_replaced_file_is_salvaged() {
        let folder = tempfile::tempdir().unwrap();
        let mut directory = AuthDirectory::new(folder.path().to_owned());
        directory.replace("a.json", None, "one").unwrap();
        let path = folder.path().join("a.json");
        let mut writer = OpenOptions::new().write(true).open(&path).unwrap();

        directory
            .replace("a.json", Some(&bytes("one")), "two")
            .unwrap();
        assert!(directory.read().unwrap().salvaged.is_empty());
        writer.write_all(b"late").unwrap();
        drop(writer);

        let inventory = directory.read().unwrap();
        assert_eq!(inventory.files, [("a.json".to_owned(), bytes("two"))]);
        // "late" is longer than "one", so it overwrites it completely.
        assert_eq!(inventory.salvaged, [("a.json".to_owned(), bytes("late"))]);
    }
}
