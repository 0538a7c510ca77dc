//! The requests of one session by model and by sub-agent, from the request log.

use std::collections::HashMap;

use entity::request::{Column, Entity as Request, Outcome};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, FromQueryResult, IdenStatic as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _,
    sea_query::{Alias, Expr, Query, SelectStatement},
};
use uuid::Uuid;

use super::AgentSessions;
use crate::domain::{Result, tokens::Tokens, usage::Sums};

/// The requests that are summed up, the newest of the session: bounds time.
const MAX_REQUESTS: u64 = 100_000;
/// Models, and sub-agents: bounds memory, because a client invents their names.
const MAX_PARTS: usize = 100;
const USES_TOKENS: &str = "COALESCE(input_tokens, 0) + COALESCE(cache_read_tokens, 0) + COALESCE(cache_write_tokens, 0) \
     + COALESCE(output_tokens, 0) + COALESCE(reasoning_tokens, 0) > 0";

/// The requests of a session in the request log, divided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentSessionBreakdown {
    /// By requested model, the dearest first.
    pub models: Vec<AgentSessionPart>,
    /// By sub-agent, the dearest first, without the requests of the main agent.
    pub sub_agents: Vec<AgentSessionPart>,
    /// False if the session has more requests, models or sub-agents than are summed up.
    pub is_complete: bool,
}

/// The requests of a session with the same model or sub-agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSessionPart {
    /// A model, or the id of a sub-agent; empty for requests without a model.
    pub name: String,
    pub sums: Sums,
}

impl AgentSessions {
    /// The requests of a session by model and by sub-agent.
    pub async fn breakdown(&self, id: Uuid) -> Result<AgentSessionBreakdown> {
        let reader = self.db.reader();
        let statement = reader.get_database_backend().build(&query(id));
        let rows = Group::find_by_statement(statement).all(reader).await?;
        let mut models = HashMap::<String, Sums>::new();
        let mut sub_agents = HashMap::<String, Sums>::new();
        let mut requests = 0;
        for row in rows {
            let sums = row.sums();
            requests += row.total;
            let model = models.entry(row.model.unwrap_or_default());
            model.or_default().add(&sums, 1);
            if let Some(name) = row.sub_agent {
                sub_agents.entry(name).or_default().add(&sums, 1);
            }
        }
        let is_complete = u64::try_from(requests).is_ok_and(|requests| requests < MAX_REQUESTS);
        let has_all = models.len() <= MAX_PARTS && sub_agents.len() <= MAX_PARTS;
        Ok(AgentSessionBreakdown {
            models: largest(models),
            sub_agents: largest(sub_agents),
            is_complete: is_complete && has_all,
        })
    }
}

fn largest(parts: HashMap<String, Sums>) -> Vec<AgentSessionPart> {
    let parts = parts.into_iter();
    let mut parts: Vec<_> = parts
        .map(|(name, sums)| AgentSessionPart { name, sums })
        .collect();
    parts.sort_by(|a, b| {
        let size = |part: &AgentSessionPart| (part.sums.cost, part.sums.requests);
        size(b).cmp(&size(a)).then_with(|| a.name.cmp(&b.name))
    });
    parts.truncate(MAX_PARTS);
    parts
}

/// Requests with the same model, sub-agent and outcome.
#[derive(Debug, FromQueryResult)]
struct Group {
    model: Option<String>,
    sub_agent: Option<String>,
    outcome: Outcome,
    total: i64,
    input_tokens: i64,
    cache_read_tokens: i64,
    cache_write_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
    cost: i64,
    duration: i64,
    unpriced: i64,
    assumed: i64,
    unknown: i64,
    estimated: i64,
}

impl Group {
    /// As [`Sums::of`] of each request.
    fn sums(&self) -> Sums {
        if self.outcome == Outcome::Rejected {
            return Sums {
                rejected: self.total,
                ..Sums::default()
            };
        }
        let is_failure = matches!(self.outcome, Outcome::UpstreamError | Outcome::Interrupted);
        Sums {
            requests: self.total,
            failed: if is_failure { self.total } else { 0 },
            rejected: 0,
            tokens: Tokens {
                input: self.input_tokens,
                cache_read: self.cache_read_tokens,
                cache_write: self.cache_write_tokens,
                cache_write_1h: 0,
                output: self.output_tokens,
                reasoning: self.reasoning_tokens,
                ..Tokens::default()
            },
            cost: self.cost,
            unpriced: self.unpriced,
            assumed: self.assumed,
            unknown: self.unknown,
            estimated: self.estimated,
            duration: self.duration,
        }
    }
}

fn query(id: Uuid) -> SelectStatement {
    let keys = [Column::Model, Column::SubAgent, Column::Outcome];
    let amounts = [
        Column::InputTokens,
        Column::CacheReadTokens,
        Column::CacheWriteTokens,
        Column::OutputTokens,
        Column::ReasoningTokens,
        Column::Cost,
        Column::Duration,
    ];
    let flags = [Column::CostAssumed, Column::UsageSource];
    let columns = keys.into_iter().chain(amounts).chain(flags);
    let newest = Request::find().select_only().columns(columns);
    let newest = newest
        .filter(Column::AgentSessionId.eq(id))
        .order_by_desc(Column::Sequence)
        .limit(MAX_REQUESTS);
    let mut query = Query::select();
    query.from_subquery(newest.into_query(), Alias::new("newest"));
    for key in keys {
        let key = Alias::new(key.as_str());
        query.column(key.clone()).group_by_col(key);
    }
    query.expr_as(Expr::cust("COUNT(*)"), Alias::new("total"));
    for amount in amounts {
        let name = amount.as_str();
        // PostgreSQL adds 64-bit integers up to decimals.
        let sum = format!("CAST(COALESCE(SUM({name}), 0) AS bigint)");
        query.expr_as(Expr::cust(sum), Alias::new(name));
    }
    let unpriced = format!("cost_assumed OR cost IS NULL AND {USES_TOKENS}");
    for (name, condition) in [
        ("unpriced", unpriced.as_str()),
        ("assumed", "cost_assumed"),
        ("unknown", "usage_source = 'unknown'"),
        ("estimated", "usage_source = 'estimated'"),
    ] {
        let count = format!("CAST(SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) AS bigint)");
        query.expr_as(Expr::cust(count), Alias::new(name));
    }
    query
}
