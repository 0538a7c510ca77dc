//! Reads a backup: the header, then line by line.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read as _},
    path::Path,
};

use anyhow::{Context as _, bail};
use secrecy::SecretString;
use tokio::task::spawn_blocking;

use super::{
    description::check_version,
    line::{BackupHeader, BackupLine, FORMAT},
};
use crate::crypto::encrypted_file::{self, EncryptedFileError};

/// Longer than any row.
const MAX_LINE: u64 = 64 * 1024 * 1024;
/// The beginning of a backup before version 2 of the format.
const FORMER_MAGIC: &[u8] = b"PPCHEST";

/// An open backup, after its header.
pub(super) struct BackupReader {
    pub(super) header: BackupHeader,
    lines: Lines,
}

struct Lines {
    input: Box<dyn BufRead + Send>,
    text: Vec<u8>,
}

/// Opens a backup and reads its header. A backup of a newer server is refused.
pub(super) async fn open(path: &Path, passphrase: SecretString) -> anyhow::Result<BackupReader> {
    let path = path.to_owned();
    spawn_blocking(move || BackupReader::open(&path, &passphrase)).await?
}

impl BackupReader {
    fn open(path: &Path, passphrase: &SecretString) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        // Administrators see the error, and need not see the path.
        let name = path.file_name().unwrap_or_default().display();
        let fail = || format!("cannot read {name}");
        let mut lines = Lines::decrypt(file, passphrase).with_context(fail)?;
        lines.advance().with_context(fail)?;
        let header = header(&lines.text).with_context(fail)?;
        Ok(Self { header, lines })
    }

    /// Blocks while it reads. The end of the file was authenticated when this returns `None`.
    pub(super) fn next_line(&mut self) -> anyhow::Result<Option<BackupLine>> {
        if self.lines.advance()? == 0 {
            return Ok(None);
        }
        let line = serde_json::from_slice(&self.lines.text);
        Ok(Some(line.context("the backup has an invalid line")?))
    }
}

impl Lines {
    fn decrypt(file: File, passphrase: &SecretString) -> anyhow::Result<Self> {
        let mut file = BufReader::new(file);
        if file.fill_buf()?.starts_with(FORMER_MAGIC) {
            bail!(
                "the backup has the format of an earlier version of this server, which this version cannot read; \
                 restore it with the version that created it, and create a new backup after the update"
            );
        }
        let content = encrypted_file::decrypt(file, passphrase)?;
        Ok(Self {
            input: Box::new(BufReader::new(zstd::Decoder::new(content)?)),
            text: Vec::new(),
        })
    }

    /// Reads the next line. Returns its length, 0 at the end.
    fn advance(&mut self) -> Result<usize, EncryptedFileError> {
        self.text.clear();
        self.input
            .by_ref()
            .take(MAX_LINE)
            .read_until(b'\n', &mut self.text)
            .map_err(EncryptedFileError::of_reading)
    }
}

fn header(line: &[u8]) -> anyhow::Result<BackupHeader> {
    let not_ours = "the file is not a backup of this server";
    let value: serde_json::Value = serde_json::from_slice(line).context(not_ours)?;
    // The header of a newer format may have other fields.
    if value["header"]["format"].as_u64() > Some(FORMAT.into()) {
        bail!(
            "the backup was created by a newer version of this server; restore it with that version"
        );
    }
    match serde_json::from_value(value).context(not_ours)? {
        BackupLine::Header(header) => {
            check_version(&header.label)?;
            Ok(header)
        }
        BackupLine::Table(_) | BackupLine::Row(_) | BackupLine::End(_) => bail!(not_ours),
    }
}
