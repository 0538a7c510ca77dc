//! Live reading of the request log: first the missed requests, then each as it is stored, without gaps or
//! duplicates.

use std::{collections::VecDeque, sync::Arc};

use entity::request::{self, Entity as Request};
use futures_util::{Stream, stream};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use tokio::sync::broadcast::{self, error::RecvError};

use super::RequestFilter;
use crate::{db::Database, domain::Result};

const CATCH_UP: u64 = 500;

pub(super) struct FeedReader {
    pub(super) db: Database,
    pub(super) live: broadcast::Receiver<Arc<request::Model>>,
    pub(super) filter: RequestFilter,
    /// The sequence number of the last request read.
    pub(super) last: i64,
    /// Whether the database may have rows that were not read.
    pub(super) behind: bool,
    pub(super) ready: VecDeque<Arc<request::Model>>,
}

impl FeedReader {
    pub(super) fn stream(self) -> impl Stream<Item = Result<Arc<request::Model>>> + Send + 'static {
        stream::try_unfold(self, |mut follower| async move {
            Ok(follower.next().await?.map(|row| (row, follower)))
        })
    }

    async fn next(&mut self) -> Result<Option<Arc<request::Model>>> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                return Ok(Some(row));
            }
            if self.behind {
                self.catch_up().await?;
                continue;
            }
            match self.live.recv().await {
                Ok(row) => self.take(row),
                // A reader that lags behind reads the missed rows from the database.
                Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return Ok(None),
            }
        }
    }

    fn take(&mut self, row: Arc<request::Model>) {
        if row.sequence <= self.last {
            return;
        }
        self.last = row.sequence;
        if self.filter.matches(&row) {
            self.ready.push_back(row);
        }
    }

    async fn catch_up(&mut self) -> Result<()> {
        let rows = Request::find()
            .filter(request::Column::Sequence.gt(self.last))
            .order_by_asc(request::Column::Sequence)
            .limit(CATCH_UP)
            .all(self.db.reader())
            .await?;
        self.behind = rows.len() as u64 == CATCH_UP;
        for row in rows {
            self.take(Arc::new(row));
        }
        Ok(())
    }
}
