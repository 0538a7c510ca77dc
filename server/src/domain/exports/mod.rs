//! Exports of requests and usage as tables. They are read page by page, so that memory is bounded for any size and for
//! slow clients.

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

/// Rows per page.
const PAGE: u64 = 1000;

/// The service for exports.
#[derive(Clone, Debug)]
pub struct Exports {
    db: Database,
    clock: SharedClock,
}

/// A cursor over rows in a stable order.
trait Rows: Send + 'static {
    const COLUMNS: &'static [&'static str];

    /// The next page; empty at the end.
    fn next(&mut self) -> impl Future<Output = Result<Vec<Vec<ExportCell>>>> + Send;
}

impl Exports {
    pub fn new(db: Database, clock: SharedClock) -> Self {
        Self { db, clock }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The file name of an export that is created now.
    pub fn file_name(&self, what: &str, format: Format) -> String {
        let now = self.clock.now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let now = now.replace(['-', ':'], "");
        format!("{what}-{now}.{}", format.extension())
    }

    /// Requests that are settled before now, in the order of settlement.
    pub async fn requests(&self, filter: RequestFilter, format: Format) -> Result<Content> {
        let rows = RequestRows::open(self.db.clone(), filter).await?;
        Ok(content(rows, format))
    }

    /// The sums of usage by all dimensions, ordered by time. Periods that have not ended are exported with their
    /// current sums.
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
