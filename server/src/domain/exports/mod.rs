//! Exports: requests and sums of usage as tables for other programs, read page by page, so that memory
//! stays bounded whatever their size and however slow their reader is.

mod cell;
mod format;
mod names;
mod requests;
mod usage;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::{StreamExt as _, stream};

use self::{cell::ExportCell, requests::RequestRows, usage::UsageRows};
pub use self::{
    format::Format,
    usage::{Every, UsageExport},
};
use super::{Result, downloads::Content, requests::RequestFilter};
use crate::{clock::SharedClock, db::Database};

/// Rows that are read at once.
const PAGE: u64 = 1000;

/// Everything that can be exported.
#[derive(Clone, Debug)]
pub struct Exports {
    db: Database,
    clock: SharedClock,
}

/// Rows in an order that does not change, a page at a time.
trait Rows: Send + 'static {
    const COLUMNS: &'static [&'static str];

    /// The next page; none when there is no more.
    fn next(&mut self) -> impl Future<Output = Result<Vec<Vec<ExportCell>>>> + Send;
}

impl Exports {
    /// The service over this database.
    pub fn new(db: Database, clock: SharedClock) -> Self {
        Self { db, clock }
    }

    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A name for the file of an export that is made now.
    pub fn file_name(&self, what: &str, format: Format) -> String {
        let now = self.clock.now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let now = now.replace(['-', ':'], "");
        format!("{what}-{now}.{}", format.extension())
    }

    /// The requests that were settled before now, in the order of settlement.
    pub async fn requests(&self, filter: RequestFilter, format: Format) -> Result<Content> {
        let rows = RequestRows::open(self.db.clone(), filter).await?;
        Ok(content(rows, format))
    }

    /// The sums of usage by everything, in the order of time. What is still under way is exported as it
    /// stands.
    pub fn usage(&self, export: UsageExport, format: Format) -> Content {
        content(UsageRows::new(self.db.clone(), export), format)
    }
}

fn content<R: Rows>(rows: R, format: Format) -> Content {
    let head = stream::iter(format.head(R::COLUMNS).transpose());
    let body = stream::try_unfold(rows, move |mut rows| async move {
        let page = rows.next().await?;
        if page.is_empty() {
            return Ok(None);
        }
        let text = format.page(R::COLUMNS, &page)?;
        Ok(Some((Bytes::from(text), rows)))
    });
    Content {
        length: None,
        bytes: head.chain(body).boxed(),
    }
}
