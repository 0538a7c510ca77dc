//! The rows of requests, in the order of settlement.

use entity::request;
use sea_orm::{ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::{
    PAGE, Rows,
    cell::ExportCell,
    names::{ExportNames, Ids},
};
use crate::{
    db::Database,
    domain::{
        Result,
        requests::{RequestFilter, finished_at, last_sequence, tokens_of},
        tokens::Tokens,
    },
};

/// A cursor over settled requests. Requests that are settled during the export are not included, those deleted during
/// it may be missing, and none is repeated.
#[derive(Debug)]
pub(super) struct RequestRows {
    db: Database,
    filter: RequestFilter,
    /// The sequence number of the last row read.
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
        "waited_ms",
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
        "error_message",
        "rejected_by",
        "attempts",
        "input_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "cache_write_1h_tokens",
        "output_tokens",
        "reasoning_tokens",
        "total_tokens",
        "images",
        "video_seconds",
        "cost_usd",
        "unpriced",
        "cost_assumed",
        "price_id",
        "requested_service_tier",
        "service_tier",
        "usage_source",
        "reconciliation",
        "client_ip",
        "user_agent",
        "agent_session_id",
        "agent_session",
        "sub_agent",
    ];

    async fn next(&mut self) -> Result<Vec<Vec<ExportCell>>> {
        let page = self.read().await?;
        let ids = Ids {
            users: page.iter().map(|row| row.user_id).collect(),
            api_keys: page.iter().map(|row| row.api_key_id).collect(),
            accounts: page.iter().filter_map(|row| row.account_id).collect(),
            agent_sessions: page.iter().filter_map(|row| row.agent_session_id).collect(),
        };
        let names = ExportNames::of(ids, self.db.reader()).await?;
        Ok(page.into_iter().map(|row| cells(row, &names)).collect())
    }
}

fn cells(row: request::Model, names: &ExportNames) -> Vec<ExportCell> {
    let tokens = tokens_of(&row);
    let total = tokens.map(Tokens::total);
    let is_without_cost = tokens.is_some_and(|tokens| !tokens.is_nothing()) && row.cost.is_none();
    let unpriced = row.cost_assumed || is_without_cost;
    vec![
        ExportCell::id(Some(row.id)),
        ExportCell::id(row.connection_id),
        ExportCell::Moment(row.started_at),
        ExportCell::Moment(finished_at(&row)),
        ExportCell::Number(row.duration / 1000),
        ExportCell::number(row.waited_ms.map(Into::into)),
        ExportCell::number(row.time_to_first_byte.map(|micros| micros / 1000)),
        ExportCell::id(Some(row.user_id)),
        names.user(row.user_id),
        ExportCell::id(Some(row.api_key_id)),
        names.api_key(row.api_key_id),
        ExportCell::word(row.provider),
        ExportCell::id(row.account_id),
        names.account(row.account_id),
        ExportCell::text(row.model),
        ExportCell::text(row.served_model),
        ExportCell::text(Some(row.endpoint)),
        ExportCell::word(Some(row.protocol)),
        ExportCell::Flag(row.streamed),
        ExportCell::number(row.http_status.map(Into::into)),
        ExportCell::word(Some(row.outcome)),
        ExportCell::text(row.error_code),
        ExportCell::text(row.error_message),
        ExportCell::structure(row.rejected_by),
        ExportCell::structure(row.attempts),
        ExportCell::number(tokens.map(|tokens| tokens.input)),
        ExportCell::number(tokens.map(|tokens| tokens.cache_read)),
        ExportCell::number(tokens.map(|tokens| tokens.cache_write)),
        ExportCell::number(row.cache_write_1h_tokens),
        ExportCell::number(tokens.map(|tokens| tokens.output)),
        ExportCell::number(tokens.map(|tokens| tokens.reasoning)),
        ExportCell::number(total),
        ExportCell::Number(row.images.into()),
        ExportCell::Number(row.video_seconds.into()),
        ExportCell::money(row.cost),
        ExportCell::Flag(unpriced),
        ExportCell::Flag(row.cost_assumed),
        ExportCell::id(row.price_id),
        ExportCell::text(row.requested_service_tier),
        ExportCell::text(row.service_tier),
        ExportCell::word(Some(row.usage_source)),
        ExportCell::word(row.reconciliation),
        ExportCell::text(row.client_ip),
        ExportCell::text(row.user_agent),
        ExportCell::id(row.agent_session_id),
        names.agent_session(row.agent_session_id),
        ExportCell::text(row.sub_agent),
    ]
}
