//! The fields of a session that need a service.

use async_graphql::{ComplexObject, Context, SimpleObject};

use crate::{
    domain::{
        Error,
        agent_sessions::{self, AgentSessions},
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{BATCHED, SAMPLE},
            error::Result,
            loaders::{ApiKeyId, UserId},
        },
        types::{agent_session::AgentSession, api_key::ApiKey, user::User},
        usage::totals::UsageTotals,
    },
};

/// The requests of a session in the request log by model and by sub-agent. Retention deletes the oldest ones of long
/// sessions.
#[derive(Debug, SimpleObject)]
struct AgentSessionBreakdown {
    /// By requested model, the dearest first.
    models: Vec<AgentSessionPart>,
    /// By sub-agent, the dearest first, without the requests of the main agent.
    sub_agents: Vec<AgentSessionPart>,
    /// False if there are more than 100,000 requests, of which the newest are counted, or more than 100 models or
    /// sub-agents, of which the dearest are listed.
    complete: bool,
}

/// Requests of a session with the same model or sub-agent.
#[derive(Debug, SimpleObject)]
struct AgentSessionPart {
    /// The requested model name, or the id of the sub-agent; null for requests without a model.
    name: Option<String>,
    /// The totals.
    totals: UsageTotals,
}

impl From<agent_sessions::AgentSessionPart> for AgentSessionPart {
    fn from(part: agent_sessions::AgentSessionPart) -> Self {
        Self {
            name: Some(part.name).filter(|name| !name.is_empty()),
            totals: part.sums.into(),
        }
    }
}

#[ComplexObject]
impl AgentSession {
    /// The totals over the session's requests, also of those that retention has deleted since.
    async fn totals(&self) -> UsageTotals {
        self.sums.into()
    }

    /// The user.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        let user = ctx.loader().load_one(UserId(self.user_id)).await?;
        Ok(User::from(user.ok_or(Error::NotFound { what: "user" })?))
    }

    /// The key of the latest request.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn api_key(&self, ctx: &Context<'_>) -> Result<ApiKey> {
        let key = ctx.loader().load_one(ApiKeyId(self.api_key_id)).await?;
        Ok(ApiKey::from(
            key.ok_or(Error::NotFound { what: "API key" })?,
        ))
    }

    /// The requests by model and by sub-agent.
    #[graphql(complexity = "20 * child_complexity + SAMPLE")]
    async fn breakdown(&self, ctx: &Context<'_>) -> Result<AgentSessionBreakdown> {
        let found = ctx
            .service::<AgentSessions>()
            .breakdown(self.row_id)
            .await?;
        Ok(AgentSessionBreakdown {
            models: found.models.into_iter().map(Into::into).collect(),
            sub_agents: found.sub_agents.into_iter().map(Into::into).collect(),
            complete: found.is_complete,
        })
    }
}
