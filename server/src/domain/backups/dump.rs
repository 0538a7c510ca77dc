//! Writing a backup: one snapshot of the whole database, into an encrypted file.
//!
//! A thread compresses, encrypts and writes; a bounded channel limits how far the reader runs ahead.

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
    line::{BackupLabel, BackupLine, FORMAT},
    tables::{self, LineSink},
};
use crate::{
    crypto::chest::Sealer,
    db::{Database, steps},
    domain::{Result, server_secrets::DIGEST_KEY},
};

/// Batches of lines.
const CHANNEL_CAPACITY: usize = 4;
const LEVEL: i32 = 3;

/// Writes a snapshot of the database into a file. Returns the rows of each table.
pub(super) async fn dump(
    db: &Database,
    now: DateTime<Utc>,
    (file, phrase): (File, SecretString),
) -> Result<Vec<(String, u64)>> {
    let snapshot = db.snapshot().await?;
    let check = Secret::find_by_id(DIGEST_KEY).one(&snapshot).await?;
    let check =
        check.context("the database was never used by a server: there is nothing to save")?;
    let is_sqlite = snapshot.get_database_backend() == DbBackend::Sqlite;
    let label = BackupLabel {
        format: FORMAT,
        created_at: now,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        database: if is_sqlite { "sqlite" } else { "postgres" }.to_owned(),
        steps: steps(&snapshot).await?,
        key_check: BASE64_STANDARD.encode(check.sealed),
    };
    let label = serde_json::to_vec(&label).context("cannot write the label")?;
    let (lines, inbox) = mpsc::channel(CHANNEL_CAPACITY);
    let writing = spawn_blocking(move || write(file, &label, &phrase, inbox));
    let read = fill(&snapshot, Outlet(lines)).await;
    let written = writing.await.context("the writer of the backup failed")?;
    // If the writer failed, that is why the reader failed.
    let is_whole = written.context("cannot write the backup")?;
    let counts = read?;
    if !is_whole {
        return Err(anyhow!("the backup has no end").into());
    }
    snapshot.rollback().await?;
    Ok(counts)
}

async fn fill(
    snapshot: &sea_orm::DatabaseTransaction,
    mut outlet: Outlet,
) -> Result<Vec<(String, u64)>> {
    let counts = tables::dump(snapshot, &mut outlet).await?;
    outlet.put(vec![BackupLine::End(counts.clone())]).await?;
    Ok(counts)
}

struct Outlet(mpsc::Sender<Vec<BackupLine>>);

impl LineSink for Outlet {
    async fn put(&mut self, lines: Vec<BackupLine>) -> Result<()> {
        let sent = self.0.send(lines).await;
        sent.map_err(|_| anyhow!("the writer of the backup has ended").into())
    }
}

/// Returns whether the last line was written.
fn write(
    file: File,
    label: &[u8],
    phrase: &SecretString,
    mut inbox: mpsc::Receiver<Vec<BackupLine>>,
) -> anyhow::Result<bool> {
    let sealer = Sealer::new(BufWriter::new(file), label, phrase)?;
    let mut output = zstd::Encoder::new(sealer, LEVEL)?;
    let mut is_whole = false;
    while let Some(lines) = inbox.blocking_recv() {
        for line in lines {
            serde_json::to_writer(&mut output, &line)?;
            output.write_all(b"\n")?;
            is_whole = matches!(line, BackupLine::End(_));
        }
    }
    if !is_whole {
        return Ok(false);
    }
    let file = output.finish()?.finish()?;
    let file = file
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(true)
}
