//! Where a command writes: standard output, or a file that appears when it is complete. Nothing else runs
//! meanwhile, so it may block.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{Stdout, Write as _, stdout},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use futures_util::StreamExt as _;

use crate::domain::downloads::Content;

/// Where a command writes.
#[derive(Debug)]
pub(super) struct OutputTarget(Place);

#[derive(Debug)]
enum Place {
    Standard(Stdout),
    File(Partial),
}

/// A file beside the one that is wanted; it goes when it is not completed.
#[derive(Debug)]
struct Partial {
    file: File,
    path: PathBuf,
    wanted: PathBuf,
    is_complete: bool,
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_complete {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl OutputTarget {
    /// `-` is standard output.
    pub(super) fn open(wanted: &Path) -> anyhow::Result<Self> {
        if wanted == Path::new("-") {
            return Ok(Self(Place::Standard(stdout())));
        }
        let path = partial(wanted)?;
        let file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| {
                let path = path.display();
                format!("cannot create {path}; if another command is not writing it, delete it")
            })?;
        Ok(Self(Place::File(Partial {
            file,
            path,
            wanted: wanted.to_owned(),
            is_complete: false,
        })))
    }

    pub(super) fn is_standard(&self) -> bool {
        matches!(self.0, Place::Standard(_))
    }

    /// Writes everything and returns how much it was.
    pub(super) async fn write(&mut self, mut content: Content) -> anyhow::Result<u64> {
        let mut bytes = 0;
        while let Some(piece) = content.bytes.next().await {
            let piece = piece?;
            bytes += piece.len() as u64;
            let written = match &mut self.0 {
                Place::Standard(output) => output.write_all(&piece),
                Place::File(partial) => partial.file.write_all(&piece),
            };
            written.context("cannot write")?;
        }
        Ok(bytes)
    }

    /// Gives the file its name.
    pub(super) fn complete(&mut self) -> anyhow::Result<()> {
        match &mut self.0 {
            Place::Standard(output) => output.flush().context("cannot write"),
            Place::File(partial) => partial.complete(),
        }
    }
}

impl Partial {
    fn complete(&mut self) -> anyhow::Result<()> {
        let fail = || format!("cannot write {}", self.wanted.display());
        self.file.flush().with_context(fail)?;
        self.file.sync_all().with_context(fail)?;
        fs::rename(&self.path, &self.wanted).with_context(fail)?;
        self.is_complete = true;
        Ok(())
    }
}

/// In the same directory, so that it can be renamed.
fn partial(wanted: &Path) -> anyhow::Result<PathBuf> {
    let Some(name) = wanted.file_name() else {
        bail!("{} is no name of a file", wanted.display());
    };
    let mut partial = OsString::from(".");
    partial.push(name);
    partial.push(".partial");
    Ok(wanted.with_file_name(partial))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::stream;

    use super::*;
    use crate::domain::Error;

    #[tokio::test]
    async fn a_file_appears_when_it_is_complete_and_else_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let wanted = directory.path().join("export.csv");
        let files = || directory.path().read_dir().unwrap().count();
        let content = |pieces: Vec<crate::domain::Result<Bytes>>| Content {
            length: None,
            bytes: stream::iter(pieces).boxed(),
        };
        let piece = || Ok(Bytes::from_static(b"abc"));

        let mut broken = OutputTarget::open(&wanted).unwrap();
        let pieces = vec![piece(), Err(Error::Forbidden)];
        assert!(broken.write(content(pieces)).await.is_err());
        drop(broken);
        assert_eq!(files(), 0);

        let mut whole = OutputTarget::open(&wanted).unwrap();
        assert_eq!(whole.write(content(vec![piece()])).await.unwrap(), 3);
        assert!(!wanted.exists());
        assert!(
            OutputTarget::open(&wanted).is_err(),
            "two write the same file"
        );
        whole.complete().unwrap();
        drop(whole);
        assert_eq!(fs::read(&wanted).unwrap(), b"abc");
        assert_eq!(files(), 1);
    }
}
