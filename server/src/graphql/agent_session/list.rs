//! Sessions of agents: one, or a page of those that a filter finds.

use async_graphql::{Context, ID, InputObject, Object};
use uuid::Uuid;

use crate::{
    domain::{
        agent_sessions::{self, AgentSessions},
        paging::PageRequest,
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{one, page},
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::{
            agent_session::{Agent, AgentSession},
            paging::Connection,
            scalar::DateTime,
        },
    },
};

/// A filter of sessions of agents. Conditions are combined with AND.
#[derive(Debug, Default, InputObject)]
pub(crate) struct AgentSessionFilter {
    /// The user's id.
    user_id: Option<ID>,
    /// The id of the key of the latest request.
    api_key_id: Option<ID>,
    /// The agents, of which any matches.
    agents: Option<Vec<Agent>>,
    /// The id that the agent sent, of which the first 64 characters are compared.
    name: Option<String>,
    /// Sessions with a request since this time, inclusive.
    from: Option<DateTime>,
    /// Sessions that began before this time, exclusive.
    to: Option<DateTime>,
}

impl AgentSessionFilter {
    fn read(self) -> Result<agent_sessions::AgentSessionFilter> {
        let id = |id: &Option<ID>, what| id.as_ref().map(|id| input::id(id, what)).transpose();
        let agents = self.agents;
        Ok(agent_sessions::AgentSessionFilter {
            user_id: id(&self.user_id, "user")?,
            api_key_id: id(&self.api_key_id, "API key")?,
            agents: agents.map(|agents| agents.into_iter().map(Into::into).collect()),
            name: self.name,
            from: self.from.map(Into::into),
            to: self.to.map(Into::into),
        })
    }
}

/// A page of one user's sessions. A `userId` in the filter is ignored.
pub(crate) async fn of_user(
    ctx: &Context<'_>,
    user_id: Uuid,
    filter: Option<AgentSessionFilter>,
    page: (Option<i32>, Option<String>),
) -> Result<Connection<AgentSession>> {
    let filter = agent_sessions::AgentSessionFilter {
        user_id: Some(user_id),
        ..filter.unwrap_or_default().read()?
    };
    of_filter(ctx, &filter, page).await
}

async fn of_filter(
    ctx: &Context<'_>,
    filter: &agent_sessions::AgentSessionFilter,
    (first, after): (Option<i32>, Option<String>),
) -> Result<Connection<AgentSession>> {
    let page = PageRequest {
        first,
        after,
        ..PageRequest::default()
    };
    let page = ctx.service::<AgentSessions>().list(filter, &page).await?;
    Ok(Connection::new(page, AgentSession::from))
}

/// A session of any user; `None` for an invalid id.
pub(crate) async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<AgentSession>> {
    let Ok(id) = input::id(id, "session") else {
        return Ok(None);
    };
    let found = ctx.service::<AgentSessions>().find(id).await?;
    Ok(found.map(AgentSession::from))
}

#[derive(Debug, Default)]
pub(crate) struct AgentSessionQuery;

#[Object(guard = "Declared")]
impl AgentSessionQuery {
    /// Sessions of agents of all users, those with the latest requests first.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "page(first, None, child_complexity)"
    )]
    async fn agent_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A filter; all sessions when omitted.")] filter: Option<
            AgentSessionFilter,
        >,
        #[graphql(desc = "The page size: 1 to 200, 50 when omitted.")] first: Option<i32>,
        #[graphql(desc = "Return items after this cursor.")] after: Option<String>,
    ) -> Result<Connection<AgentSession>> {
        let filter = filter.unwrap_or_default().read()?;
        of_filter(ctx, &filter, (first, after)).await
    }

    /// A session of an agent; null if there is none with this id, or retention has deleted it.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "one(child_complexity)"
    )]
    async fn agent_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session's id in this server.")] id: ID,
    ) -> Result<Option<AgentSession>> {
        find(ctx, &id).await
    }
}
