//! Reads a backup into a staging database.

use anyhow::{Context as _, anyhow, bail};
use sea_orm::{
    ConnectionTrait as _, DatabaseTransaction, TransactionTrait as _,
    sea_query::{Alias, Expr, Query},
};
use tokio::{sync::mpsc, task::spawn_blocking};

use super::{
    line::{BackupLine, TableHeader},
    reader::BackupReader,
};
use crate::db::StagingDatabase;

const ROWS_PER_BATCH: usize = 200;
const CHANNEL_CAPACITY: usize = 4;
/// Fewer than either database takes in one statement.
const MAX_VALUES: usize = 30_000;

/// Fills a staging database with the rows of a backup, checks their number, and migrates the tables. Returns the
/// number of rows.
pub(super) async fn load(backup: BackupReader, staging: &StagingDatabase) -> anyhow::Result<u64> {
    let (lines, inbox) = mpsc::channel(CHANNEL_CAPACITY);
    let reading = spawn_blocking(move || read(backup, &lines));
    let transaction = staging.connection().begin().await?;
    let filled = fill(&transaction, inbox).await;
    let read = reading.await.context("the reader of the backup failed")?;
    read.context("cannot read the backup")?;
    let rows = filled?;
    transaction.commit().await?;
    staging.complete().await?;
    Ok(rows)
}

/// Reads to the end of the file, so that a backup that was cut after its last line is refused too.
fn read(mut backup: BackupReader, lines: &mpsc::Sender<Vec<BackupLine>>) -> anyhow::Result<()> {
    let mut batch = Vec::new();
    while let Some(line) = backup.next_line()? {
        batch.push(line);
        if batch.len() == ROWS_PER_BATCH && lines.blocking_send(std::mem::take(&mut batch)).is_err()
        {
            // The receiver has failed and reports the reason.
            return Ok(());
        }
    }
    let _ = lines.blocking_send(batch);
    Ok(())
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
        is_complete: false,
    };
    while let Some(lines) = inbox.recv().await {
        for line in lines {
            filler.take(line).await?;
        }
    }
    if !filler.is_complete {
        return Err(anyhow!("the backup has no end"));
    }
    Ok(filler.counts.iter().map(|(_, rows)| rows).sum())
}

/// Gathers rows and inserts them together.
struct Filler<'a> {
    transaction: &'a DatabaseTransaction,
    table: Option<TableHeader>,
    rows: Vec<Vec<Expr>>,
    counts: Vec<(String, u64)>,
    is_complete: bool,
}

impl Filler<'_> {
    async fn take(&mut self, line: BackupLine) -> anyhow::Result<()> {
        if self.is_complete {
            bail!("the backup has lines after its end");
        }
        match line {
            BackupLine::Header(_) => bail!("the backup has a second header"),
            BackupLine::Table(table) => {
                self.insert().await?;
                self.counts.push((table.name.clone(), 0));
                self.table = Some(table);
            }
            BackupLine::Row(cells) => {
                let table = self
                    .table
                    .as_ref()
                    .context("the backup has a row without a table")?;
                if cells.len() != table.columns.len() {
                    bail!("the backup has a row that does not fit {}", table.name);
                }
                let values = cells.into_iter().map(|cell| cell.value().map(Expr::val));
                let values: Option<Vec<_>> = values.collect();
                self.rows
                    .push(values.context("the backup has an invalid value")?);
                if (self.rows.len() + 1) * table.columns.len() > MAX_VALUES
                    || self.rows.len() == ROWS_PER_BATCH
                {
                    self.insert().await?;
                }
            }
            BackupLine::End(expected) => {
                self.insert().await?;
                if expected != self.counts {
                    bail!("the backup lacks rows: the numbers at its end do not match");
                }
                self.is_complete = true;
            }
        }
        Ok(())
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
