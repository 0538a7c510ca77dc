//! A session of an agent, without the fields that need a service: `graphql::agent_session::fields` has those.

use async_graphql::{Enum, ID, SimpleObject};
use chrono::TimeDelta;
use entity::agent_session;
use uuid::Uuid;

use super::{
    paging::Node,
    scalar::{BigInt, DateTime, Usd},
};
use crate::domain::usage::Sums;

/// A tool that sends requests by itself, recognized by its `User-Agent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "agent_session::Agent")]
pub(crate) enum Agent {
    /// Claude Code.
    ClaudeCode,
    /// Codex.
    Codex,
    /// `OpenCode`.
    #[graphql(name = "OPENCODE")]
    OpenCode,
    /// Gemini CLI.
    GeminiCli,
    /// Qwen Code.
    QwenCode,
    /// Another tool that sends the id of a session.
    Other,
}

/// A session of an agent: the requests of one task, with those of its sub-agents. It is kept as long as its latest
/// request.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct AgentSession {
    #[graphql(skip)]
    pub(crate) row_id: Uuid,
    #[graphql(skip)]
    pub(crate) user_id: Uuid,
    #[graphql(skip)]
    pub(crate) api_key_id: Uuid,
    #[graphql(skip)]
    pub(crate) sums: Sums,
    /// The session's id in this server.
    id: ID,
    /// The id that the agent sent, its first 64 characters; null if it sent none.
    name: Option<String>,
    /// Whether the agent sends no id, as Gemini CLI and Qwen Code: the requests with one key are then guessed to be of one
    /// session as long as there are less than 30 minutes between them.
    guessed: bool,
    /// The agent.
    agent: Agent,
    /// The version of the agent, as in its latest request; null if unknown.
    agent_version: Option<String>,
    /// The time of the first request.
    started_at: DateTime,
    /// The time of the latest request.
    last_request_at: DateTime,
    /// The tokens that were read from caches, in percent of all input; null without input.
    cache_hit_percent: Option<f64>,
    /// Requests of sub-agents that were forwarded to the engine; included in `totals.requests`.
    sub_agent_requests: BigInt,
    /// The cost of sub-agents; included in `totals.cost`.
    sub_agent_cost: Usd,
}

impl From<agent_session::Model> for AgentSession {
    fn from(row: agent_session::Model) -> Self {
        let sums = Sums::from(&row);
        Self {
            row_id: row.id,
            user_id: row.user_id,
            api_key_id: row.api_key_id,
            id: row.id.into(),
            guessed: row.name.is_none(),
            name: row.name,
            agent: row.agent.into(),
            agent_version: row.agent_version,
            started_at: at(row.started_at),
            last_request_at: at(row.last_request_at),
            sums,
            cache_hit_percent: sums.cache_hit_percent(),
            sub_agent_requests: BigInt(row.sub_agent_requests),
            sub_agent_cost: Usd(row.sub_agent_cost),
        }
    }
}

fn at(micros: i64) -> DateTime {
    (chrono::DateTime::UNIX_EPOCH + TimeDelta::microseconds(micros)).into()
}

impl Node for AgentSession {
    const CONNECTION: &'static str = "AgentSessionConnection";

    fn cursor(&self) -> String {
        self.row_id.to_string()
    }
}
