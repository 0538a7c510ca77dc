//! Binds rows for SQLite. The driver sends its own copy of each text to a thread; texts that repeat, as most do, are shared instead.

use std::{collections::HashSet, error::Error, sync::Arc};

use entity::request::{self, Column};
use sea_orm::{
    ActiveEnum, DbErr, Iterable as _,
    sqlx::{Arguments as _, sqlite::SqliteArguments},
};
use serde::Serialize;

/// Texts that are kept for later rows.
const MAX_TEXTS: usize = 4096;

type BindResult = Result<(), Box<dyn Error + Send + Sync>>;

#[derive(Debug, Default)]
pub(super) struct RowBinder {
    texts: HashSet<Arc<str>>,
    protocols: Names<request::Protocol>,
    outcomes: Names<request::Outcome>,
    sources: Names<request::UsageSource>,
    reconciliations: Names<request::Reconciliation>,
    providers: Names<entity::provider_account::ProviderKind>,
}

/// The stored names of an enum.
#[derive(Debug)]
struct Names<E>(Vec<(E, Arc<str>)>);

impl<E: ActiveEnum<Value = String> + Copy> Default for Names<E> {
    fn default() -> Self {
        Self(
            E::iter()
                .map(|value| (value, value.to_value().into()))
                .collect(),
        )
    }
}

impl<E: ActiveEnum<Value = String> + PartialEq> Names<E> {
    fn of(&self, value: &E) -> Option<Arc<str>> {
        let (_, name) = self.0.iter().find(|(known, _)| known == value)?;
        Some(Arc::clone(name))
    }
}

impl RowBinder {
    /// The values of these rows, in the order of the columns.
    pub(super) fn arguments(&mut self, rows: &[request::Model]) -> Result<SqliteArguments, DbErr> {
        if self.texts.len() > MAX_TEXTS {
            self.texts.clear();
        }
        let mut arguments = SqliteArguments::default();
        arguments.reserve(rows.len() * Column::iter().len(), 0);
        for row in rows {
            let bound = self.bind(&mut arguments, row);
            bound.map_err(|error| DbErr::Type(error.to_string()))?;
        }
        Ok(arguments)
    }

    fn bind(&mut self, to: &mut SqliteArguments, row: &request::Model) -> BindResult {
        for column in Column::iter() {
            self.bind_column(to, row, column)?;
        }
        Ok(())
    }

    fn bind_column(
        &mut self,
        to: &mut SqliteArguments,
        row: &request::Model,
        column: Column,
    ) -> BindResult {
        match column {
            Column::Id => to.add(row.id),
            Column::Sequence => to.add(row.sequence),
            Column::ConnectionId => to.add(row.connection_id),
            Column::UserId => to.add(row.user_id),
            Column::ApiKeyId => to.add(row.api_key_id),
            Column::StartedAt => to.add(row.started_at),
            Column::Duration => to.add(row.duration),
            Column::WaitedMs => to.add(row.waited_ms),
            Column::TimeToFirstByte => to.add(row.time_to_first_byte),
            Column::Endpoint => to.add(self.shared(&row.endpoint)),
            Column::Protocol => to.add(self.protocols.of(&row.protocol)),
            Column::Model => self.text(to, row.model.as_deref()),
            Column::ServedModel => self.text(to, row.served_model.as_deref()),
            Column::Provider => to.add(row.provider.and_then(|kind| self.providers.of(&kind))),
            Column::AccountId => to.add(row.account_id),
            Column::Streamed => to.add(row.streamed),
            Column::HttpStatus => to.add(row.http_status),
            Column::Outcome => to.add(self.outcomes.of(&row.outcome)),
            Column::ErrorCode => self.text(to, row.error_code.as_deref()),
            Column::ErrorMessage => to.add(row.error_message.as_deref()),
            Column::RejectedBy => json(to, row.rejected_by.as_ref()),
            Column::Attempts => json(to, row.attempts.as_ref()),
            Column::UsageSource => to.add(self.sources.of(&row.usage_source)),
            Column::Reconciliation => {
                let name = row
                    .reconciliation
                    .and_then(|found| self.reconciliations.of(&found));
                to.add(name)
            }
            Column::InputTokens => to.add(row.input_tokens),
            Column::CacheReadTokens => to.add(row.cache_read_tokens),
            Column::CacheWriteTokens => to.add(row.cache_write_tokens),
            Column::CacheWrite1hTokens => to.add(row.cache_write_1h_tokens),
            Column::OutputTokens => to.add(row.output_tokens),
            Column::ReasoningTokens => to.add(row.reasoning_tokens),
            Column::Images => to.add(row.images),
            Column::VideoSeconds => to.add(row.video_seconds),
            Column::ClientIp => self.text(to, row.client_ip.as_deref()),
            Column::UserAgent => self.text(to, row.user_agent.as_deref()),
            Column::AgentSessionId => to.add(row.agent_session_id),
            Column::SubAgent => self.text(to, row.sub_agent.as_deref()),
            Column::RequestedServiceTier => self.text(to, row.requested_service_tier.as_deref()),
            Column::ServiceTier => self.text(to, row.service_tier.as_deref()),
            Column::PriceId => to.add(row.price_id),
            Column::Cost => to.add(row.cost),
            Column::CostAssumed => to.add(row.cost_assumed),
        }
    }

    fn text(&mut self, to: &mut SqliteArguments, text: Option<&str>) -> BindResult {
        to.add(text.map(|text| self.shared(text)))
    }

    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&shared));
        shared
    }
}

fn json(to: &mut SqliteArguments, value: Option<&impl Serialize>) -> BindResult {
    let text = value.map(serde_json::to_string).transpose()?;
    to.add(text)
}
