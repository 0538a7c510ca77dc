//! A session of an agent: the requests that one run of a tool such as Claude Code has sent, with their sums.
//!
//! The sums are kept as requests settle, and outlive requests that the retention deletes while the session continues.

use sea_orm::entity::prelude::*;

/// The tool that sends the requests, by its `User-Agent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum Agent {
    ClaudeCode,
    Codex,
    OpenCode,
    GeminiCli,
    QwenCode,
    Other,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_session")]
pub struct Model {
    /// Derived from the user and the id that the agent sent; random if the session is a guess.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    /// The key of the latest request.
    pub api_key_id: Uuid,
    /// The id that the agent sent, up to 64 characters; `None` if it sends none and the session is a guess.
    pub name: Option<String>,
    pub agent: Agent,
    /// Of the latest request that names one.
    pub agent_version: Option<String>,
    /// The start of the first request, in microseconds since 1970.
    pub started_at: i64,
    /// The start of the latest request, in microseconds since 1970.
    pub last_request_at: i64,
    /// Requests of sub-agents, without those that the gateway rejected; included in `requests`.
    pub sub_agent_requests: i64,
    /// Nano-USD; included in `cost`.
    pub sub_agent_cost: i64,
    /// The sums are those of `usage_rollup`.
    pub requests: i64,
    pub failed: i64,
    pub rejected: i64,
    pub input_tokens: i64,
    pub cache_read_tokens: i64,
    pub cache_write_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    pub cost: i64,
    pub unpriced: i64,
    pub assumed: i64,
    pub unknown: i64,
    pub estimated: i64,
    pub duration: i64,
}

impl ActiveModelBehavior for ActiveModel {}
