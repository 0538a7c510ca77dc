//! Writes a backup: one snapshot of the whole database, read while others write.
//!
//! A thread compresses, encrypts and writes; a bounded channel limits what is read ahead.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
};

use anyhow::{Context as _, anyhow};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use entity::secret::Entity as Secret;
use sea_orm::{ConnectionTrait as _, DbBackend, EntityTrait as _};
use secrecy::SecretString;
use tokio::{sync::mpsc, task::spawn_blocking};

use super::{
    line::{BackupHeader, BackupLabel, BackupLine, FORMAT},
    tables::{self, LineSink},
};
use crate::{
    crypto::encrypted_file,
    db::{Database, steps},
    domain::{Result, server_secrets::DIGEST_KEY},
};

/// Batches of lines on their way to the writer.
const CHANNEL_CAPACITY: usize = 4;
const COMPRESSION_LEVEL: i32 = 3;

/// Writes a snapshot of the database to a file.
pub(super) async fn dump(
    db: &Database,
    now: DateTime<Utc>,
    (file, passphrase): (File, SecretString),
) -> Result<()> {
    let snapshot = db.snapshot().await?;
    let check = Secret::find_by_id(DIGEST_KEY).one(&snapshot).await?;
    let check =
        check.context("the database was never used by a server, so there is nothing to back up")?;
    let is_sqlite = snapshot.get_database_backend() == DbBackend::Sqlite;
    let label = BackupLabel {
        format: FORMAT,
        created_at: now,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        database: if is_sqlite { "sqlite" } else { "postgres" }.to_owned(),
        steps: steps(&snapshot).await?,
    };
    let header = BackupHeader {
        label,
        key_check: BASE64_STANDARD.encode(check.sealed),
    };
    let (lines, inbox) = mpsc::channel(CHANNEL_CAPACITY);
    let writing = spawn_blocking(move || write(file, &passphrase, inbox));
    let read = read(&snapshot, header, LineSender(lines)).await;
    let written = writing.await.context("the writer of the backup failed")?;
    // If the writer failed, the reader failed because of it.
    let is_complete = written.context("cannot write the backup")?;
    read?;
    if !is_complete {
        return Err(anyhow!("the backup has no end").into());
    }
    snapshot.rollback().await?;
    Ok(())
}

async fn read(
    snapshot: &sea_orm::DatabaseTransaction,
    header: BackupHeader,
    mut lines: LineSender,
) -> Result<()> {
    lines.put(vec![BackupLine::Header(header)]).await?;
    let counts = tables::dump(snapshot, &mut lines).await?;
    lines.put(vec![BackupLine::End(counts)]).await
}

struct LineSender(mpsc::Sender<Vec<BackupLine>>);

impl LineSink for LineSender {
    async fn put(&mut self, lines: Vec<BackupLine>) -> Result<()> {
        let sent = self.0.send(lines).await;
        sent.map_err(|_| anyhow!("the writer of the backup has ended").into())
    }
}

/// Returns whether the last line was written.
fn write(
    file: File,
    passphrase: &SecretString,
    mut inbox: mpsc::Receiver<Vec<BackupLine>>,
) -> anyhow::Result<bool> {
    let encrypted = encrypted_file::encrypt(BufWriter::new(file), passphrase)?;
    let mut output = zstd::Encoder::new(encrypted, COMPRESSION_LEVEL)?;
    let mut is_complete = false;
    while let Some(lines) = inbox.blocking_recv() {
        for line in lines {
            serde_json::to_writer(&mut output, &line)?;
            output.write_all(b"\n")?;
            is_complete = matches!(line, BackupLine::End(_));
        }
    }
    if !is_complete {
        return Ok(false);
    }
    let file = output.finish()?.finish()?;
    let file = file
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(true)
}
