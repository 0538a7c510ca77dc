//! The formats of exports: CSV and JSON lines.

use anyhow::Context as _;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::cell::ExportCell;
use crate::domain::Result;

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180, with a header.
    Csv,
    /// One JSON object per line.
    JsonLines,
}

impl Format {
    /// The extension of file names.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::JsonLines => "application/x-ndjson",
        }
    }

    /// The header, if the format has one.
    pub(super) fn head(self, columns: &[&str]) -> Result<Option<Bytes>> {
        match self {
            Self::Csv => {
                let line = csv_lines(std::iter::once(columns))?;
                Ok(Some(Bytes::from(line)))
            }
            Self::JsonLines => Ok(None),
        }
    }

    pub(super) fn page(self, columns: &[&str], rows: &[Vec<ExportCell>]) -> Result<Vec<u8>> {
        match self {
            Self::Csv => csv_lines(rows.iter().map(|row| row.iter().map(ExportCell::csv))),
            Self::JsonLines => json_lines(columns, rows),
        }
    }
}

fn csv_lines<R>(rows: impl Iterator<Item = R>) -> Result<Vec<u8>>
where
    R: IntoIterator<Item: AsRef<[u8]>>,
{
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).context("cannot write a row")?;
    }
    let written = writer.into_inner().context("cannot write a row");
    Ok(written?)
}

fn json_lines(columns: &[&str], rows: &[Vec<ExportCell>]) -> Result<Vec<u8>> {
    let mut lines = Vec::new();
    for row in rows {
        let cells = columns.iter().zip(row);
        let cells = cells.map(|(&column, cell)| (column.to_owned(), cell.json()));
        let object: Map<String, Value> = cells.collect();
        serde_json::to_writer(&mut lines, &object).context("cannot write a row")?;
        lines.push(b'\n');
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_commas_quotes_and_lines_is_one_cell() {
        let row = vec![
            ExportCell::Text("a,\"b\"\nc".to_owned()),
            ExportCell::Empty,
            ExportCell::Number(1),
        ];
        let csv = Format::Csv
            .page(&["x", "y", "z"], std::slice::from_ref(&row))
            .unwrap();
        let json = Format::JsonLines.page(&["x", "y", "z"], &[row]).unwrap();

        assert_eq!(csv, b"\"a,\"\"b\"\"\nc\",,1\r\n");
        assert_eq!(json, b"{\"x\":\"a,\\\"b\\\"\\nc\",\"y\":null,\"z\":1}\n");
    }
}
