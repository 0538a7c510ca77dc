//! The output of a command: standard output, or a file that gets its name when it is complete. Blocking, because no
//! other task runs.

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

/// Standard output or a file.
#[derive(Debug)]
pub(super) struct OutputTarget(Target);

#[derive(Debug)]
enum Target {
    Standard(Stdout),
    File(Partial),
}

/// A temporary file beside the final path; removed when it is not completed.
#[derive(Debug)]
struct Partial {
    file: File,
    path: PathBuf,
    final_path: PathBuf,
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
    pub(super) fn open(final_path: &Path) -> anyhow::Result<Self> {
        if final_path == Path::new("-") {
            return Ok(Self(Target::Standard(stdout())));
        }
        let path = partial(final_path)?;
        let file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| {
                let path = path.display();
                format!("cannot create {path}; delete it if no other command is writing it")
            })?;
        Ok(Self(Target::File(Partial {
            file,
            path,
            final_path: final_path.to_owned(),
            is_complete: false,
        })))
    }

    pub(super) fn is_standard(&self) -> bool {
        matches!(self.0, Target::Standard(_))
    }

    /// Writes everything; returns the number of bytes.
    pub(super) async fn write(&mut self, mut content: Content) -> anyhow::Result<u64> {
        let mut bytes = 0;
        while let Some(chunk) = content.bytes.next().await {
            let chunk = chunk?;
            bytes += chunk.len() as u64;
            let written = match &mut self.0 {
                Target::Standard(output) => output.write_all(&chunk),
                Target::File(partial) => partial.file.write_all(&chunk),
            };
            written.context("cannot write")?;
        }
        Ok(bytes)
    }

    /// Syncs the file and gives it its final name.
    pub(super) fn complete(&mut self) -> anyhow::Result<()> {
        match &mut self.0 {
            Target::Standard(output) => output.flush().context("cannot write"),
            Target::File(partial) => partial.complete(),
        }
    }
}

impl Partial {
    fn complete(&mut self) -> anyhow::Result<()> {
        let fail = || format!("cannot write {}", self.final_path.display());
        self.file.flush().with_context(fail)?;
        self.file.sync_all().with_context(fail)?;
        fs::rename(&self.path, &self.final_path).with_context(fail)?;
        self.is_complete = true;
        Ok(())
    }
}

/// The temporary path, in the same directory so that it can be renamed.
fn partial(path: &Path) -> anyhow::Result<PathBuf> {
    let Some(name) = path.file_name() else {
        bail!("{} is not a file name", path.display());
    };
    let mut partial = OsString::from(".");
    partial.push(name);
    partial.push(".partial");
    Ok(path.with_file_name(partial))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::stream;

    use super::*;
    use crate::domain::Error;

    #[tokio::test]
    async fn a_file_gets_its_name_when_complete_and_is_removed_otherwise() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("export.csv");
        let files = || directory.path().read_dir().unwrap().count();
        let content = |chunks: Vec<crate::domain::Result<Bytes>>| Content {
            length: None,
            bytes: stream::iter(chunks).boxed(),
        };
        let chunk = || Ok(Bytes::from_static(b"abc"));

        let mut broken = OutputTarget::open(&path).unwrap();
        let chunks = vec![chunk(), Err(Error::Forbidden)];
        assert!(broken.write(content(chunks)).await.is_err());
        drop(broken);
        assert_eq!(files(), 0);

        let mut whole = OutputTarget::open(&path).unwrap();
        assert_eq!(whole.write(content(vec![chunk()])).await.unwrap(), 3);
        assert!(!path.exists());
        assert!(
            OutputTarget::open(&path).is_err(),
            "two commands write the same file"
        );
        whole.complete().unwrap();
        drop(whole);
        assert_eq!(fs::read(&path).unwrap(), b"abc");
        assert_eq!(files(), 1);
    }
}
