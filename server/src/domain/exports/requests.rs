//! The rows of requests, in the order of settlement.

use entity::request;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::{
    PAGE, Rows,
    cell::Cell,
    names::{Ids, Names},
};
use crate::{
    db::Database,
    domain::{
        Result,
        requests::{RequestFilter, last_sequence, tokens_of},
        tokens::Tokens,
    },
};

/// A place in the book of requests. Those that are settled meanwhile are left out, and those that are
/// deleted meanwhile are missing; nothing comes twice.
#[derive(Debug)]
pub(super) struct RequestRows {
    db: Database,
    filter: RequestFilter,
    /// The sequence of the last one that was read.
    after: i64,
    until: i64,
}

impl RequestRows {
    pub(super) async fn open(db: Database, filter: RequestFilter) -> Result<Self> {
        let until = last_sequence(&db).await?;
        Ok(Self {
            db,
            filter,
            after: 0,
            until,
        })
    }

    async fn read(&mut self) -> Result<Vec<request::Model>> {
        let query = self.filter.select();
        let rows = query
            .filter(request::Column::Sequence.gt(self.after))
            .filter(request::Column::Sequence.lte(self.until))
            .order_by_asc(request::Column::Sequence)
            .limit(PAGE)
            .all(self.db.reader())
            .await?;
        self.after = rows.last().map_or(self.until, |row| row.sequence);
        Ok(rows)
    }
}

impl Rows for RequestRows {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "connection_id",
        "started_at",
        "finished_at",
        "duration_ms",
        "time_to_first_byte_ms",
        "user_id",
        "user",
        "api_key_id",
        "api_key",
        "provider",
        "account_id",
        "account",
        "model",
        "served_model",
        "endpoint",
        "protocol",
        "streamed",
        "http_status",
        "outcome",
        "error_code",
        "input_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "output_tokens",
        "reasoning_tokens",
        "total_tokens",
        "cost_usd",
        "unpriced",
        "price_id",
        "usage_source",
        "reconciliation",
        "client_ip",
        "user_agent",
    ];

    async fn next(&mut self) -> Result<Vec<Vec<Cell>>> {
        let page = self.read().await?;
        let ids = Ids {
            users: page.iter().map(|row| row.user_id).collect(),
            api_keys: page.iter().map(|row| row.api_key_id).collect(),
            accounts: page.iter().filter_map(|row| row.account_id).collect(),
        };
        let names = Names::of(ids, self.db.reader()).await?;
        Ok(page.into_iter().map(|row| cells(row, &names)).collect())
    }
}

fn cells(row: request::Model, names: &Names) -> Vec<Cell> {
    let tokens = tokens_of(&row);
    let total = tokens.map(Tokens::total);
    let unpriced = total.is_some_and(|total| total > 0) && row.cost.is_none();
    vec![
        Cell::id(Some(row.id)),
        Cell::id(row.connection_id),
        Cell::Moment(row.started_at),
        Cell::Moment(row.started_at.saturating_add(row.duration)),
        Cell::Number(row.duration / 1000),
        Cell::number(row.time_to_first_byte.map(|micros| micros / 1000)),
        Cell::id(Some(row.user_id)),
        names.user(row.user_id),
        Cell::id(Some(row.api_key_id)),
        names.api_key(row.api_key_id),
        Cell::word(row.provider),
        Cell::id(row.account_id),
        names.account(row.account_id),
        Cell::text(row.model),
        Cell::text(row.served_model),
        Cell::text(Some(row.endpoint)),
        Cell::word(Some(row.protocol)),
        Cell::Flag(row.streamed),
        Cell::number(row.http_status.map(Into::into)),
        Cell::word(Some(row.outcome)),
        Cell::text(row.error_code),
        Cell::number(tokens.map(|tokens| tokens.input)),
        Cell::number(tokens.map(|tokens| tokens.cache_read)),
        Cell::number(tokens.map(|tokens| tokens.cache_write)),
        Cell::number(tokens.map(|tokens| tokens.output)),
        Cell::number(tokens.map(|tokens| tokens.reasoning)),
        Cell::number(total),
        Cell::money(row.cost),
        Cell::Flag(unpriced),
        Cell::id(row.price_id),
        Cell::word(Some(row.usage_source)),
        Cell::word(row.reconciliation),
        Cell::text(row.client_ip),
        Cell::text(row.user_agent),
    ]
}
