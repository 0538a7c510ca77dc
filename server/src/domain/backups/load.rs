//! Loading a backup into a staging database.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
};

use anyhow::{Context as _, anyhow, bail};
use sea_orm::{
    ConnectionTrait as _, DatabaseTransaction, TransactionTrait as _,
    sea_query::{Alias, Expr, Query},
};
use secrecy::SecretString;
use tokio::{sync::mpsc, task::spawn_blocking};

use super::line::{BackupLine, TableHeader};
use crate::{crypto::chest::Opener, db::StagingDatabase};

const ROWS_PER_BATCH: usize = 200;
const CHANNEL_CAPACITY: usize = 4;
/// Bound values of one statement; either database takes more.
const MOST_VALUES: usize = 30_000;
/// Bytes; longer than any row.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// Fills a staging database from a backup, checks the row counts, and runs newer migrations.
pub(super) async fn load(
    path: &Path,
    phrase: SecretString,
    staging: &StagingDatabase,
) -> anyhow::Result<u64> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (lines, inbox) = mpsc::channel(CHANNEL_CAPACITY);
    let reading = spawn_blocking(move || read(file, &phrase, &lines));
    let transaction = staging.connection().begin().await?;
    let filled = fill(&transaction, inbox).await;
    reading.await.context("the reader of the backup failed")??;
    let rows = filled?;
    transaction.commit().await?;
    staging.complete().await?;
    Ok(rows)
}

fn read(
    file: File,
    phrase: &SecretString,
    lines: &mpsc::Sender<Vec<BackupLine>>,
) -> anyhow::Result<()> {
    let opener = Opener::new(file, phrase)?;
    let mut input = BufReader::new(zstd::Decoder::new(opener)?);
    let mut together = Vec::new();
    let mut text = Vec::new();
    loop {
        text.clear();
        let length = input
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut text)?;
        if length > 0 {
            let line =
                serde_json::from_slice(&text).context("the backup has a line that is none")?;
            together.push(line);
        }
        if together.len() == ROWS_PER_BATCH || length == 0 {
            // The receiver's error is the better one to report.
            if lines.blocking_send(std::mem::take(&mut together)).is_err() {
                return Ok(());
            }
        }
        if length == 0 {
            return Ok(());
        }
    }
}

async fn fill(
    transaction: &DatabaseTransaction,
    mut inbox: mpsc::Receiver<Vec<BackupLine>>,
) -> anyhow::Result<u64> {
    let mut filler = Filler {
        transaction,
        table: None,
        rows: Vec::new(),
        counts: Vec::new(),
    };
    while let Some(lines) = inbox.recv().await {
        for line in lines {
            if filler.take(line).await? {
                return Ok(filler.counts.iter().map(|(_, rows)| rows).sum());
            }
        }
    }
    Err(anyhow!("the backup ends too soon"))
}

/// Gathers rows and inserts them together.
struct Filler<'a> {
    transaction: &'a DatabaseTransaction,
    table: Option<TableHeader>,
    rows: Vec<Vec<Expr>>,
    counts: Vec<(String, u64)>,
}

impl Filler<'_> {
    /// Returns whether that was the last line.
    async fn take(&mut self, line: BackupLine) -> anyhow::Result<bool> {
        match line {
            BackupLine::Table(table) => {
                self.insert().await?;
                self.counts.push((table.name.clone(), 0));
                self.table = Some(table);
            }
            BackupLine::Row(cells) => {
                let table = self
                    .table
                    .as_ref()
                    .context("the backup has a row of no table")?;
                if cells.len() != table.columns.len() {
                    bail!("the backup has a row that does not fit {}", table.name);
                }
                let values = cells.into_iter().map(|cell| cell.value().map(Expr::val));
                let values: Option<Vec<_>> = values.collect();
                self.rows
                    .push(values.context("the backup has a value that is none")?);
                if (self.rows.len() + 1) * table.columns.len() > MOST_VALUES
                    || self.rows.len() == ROWS_PER_BATCH
                {
                    self.insert().await?;
                }
            }
            BackupLine::End(expected) => {
                self.insert().await?;
                if expected != self.counts {
                    bail!("the backup lacks rows: its counts do not match");
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn insert(&mut self) -> anyhow::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        let (Some(table), false) = (&self.table, rows.is_empty()) else {
            return Ok(());
        };
        if let Some((_, count)) = self.counts.last_mut() {
            *count += rows.len() as u64;
        }
        let mut insert = Query::insert();
        insert
            .into_table(Alias::new(&table.name))
            .columns(table.columns.iter().map(Alias::new));
        for row in rows {
            insert.values(row)?;
        }
        self.transaction
            .execute(&insert)
            .await
            .with_context(|| format!("cannot write the rows of {}", table.name))?;
        Ok(())
    }
}
