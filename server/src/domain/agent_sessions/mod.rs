//! The sessions of agents: which requests belong together, and what they used.
//!
//! [`rollup`] keeps the sums as requests settle; [`breakdown`] divides those of one session by model and sub-agent.

mod breakdown;
mod reference;
pub(in crate::domain) mod rollup;

use chrono::{DateTime, TimeDelta, Utc};
use entity::agent_session::{self, Agent, Column, Entity as AgentSession};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, Order, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, sea_query::Expr,
};
use uuid::Uuid;

pub use self::{
    breakdown::{AgentSessionBreakdown, AgentSessionPart},
    reference::{AgentSessionRef, MAX_NAME, agent_of},
};
use super::{
    Error, Result,
    paging::{self, Page, PageRequest},
};
use crate::db::Database;

/// Requests of an agent that names no session are guessed to be of the same session if no more time passed between them.
pub const GUESSED_GAP: TimeDelta = TimeDelta::minutes(30);
/// The longest name in a filter, in bytes.
const MAX_FILTER: usize = 256;

/// The service for sessions of agents. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AgentSessions {
    db: Database,
}

/// All conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct AgentSessionFilter {
    pub user_id: Option<Uuid>,
    /// The key of the latest request.
    pub api_key_id: Option<Uuid>,
    pub agents: Option<Vec<Agent>>,
    /// The id that the agent sent.
    pub name: Option<String>,
    /// Sessions with a request since then, inclusive.
    pub from: Option<DateTime<Utc>>,
    /// Sessions that began before then, exclusive.
    pub to: Option<DateTime<Utc>>,
}

impl AgentSessionFilter {
    fn condition(&self) -> Result<Condition> {
        if self
            .name
            .as_ref()
            .is_some_and(|name| name.len() > MAX_FILTER)
        {
            return Err(Error::bad_input("name must have at most 256 bytes"));
        }
        let agents = self.agents.as_ref();
        let name = self.name.as_deref().map(reference::shortened);
        let micros = |at: DateTime<Utc>| at.timestamp_micros();
        Ok(Condition::all()
            .add_option(self.user_id.map(|id| Column::UserId.eq(id)))
            .add_option(self.api_key_id.map(|id| Column::ApiKeyId.eq(id)))
            .add_option(agents.map(|any| Column::Agent.is_in(any.iter().copied())))
            .add_option(name.map(|name| Column::Name.eq(name)))
            .add_option(
                self.from
                    .map(|from| Column::LastRequestAt.gte(micros(from))),
            )
            .add_option(self.to.map(|to| Column::StartedAt.lt(micros(to)))))
    }
}

impl AgentSessions {
    pub fn new(db: Database) -> Self {
        Self { db }
    }

    /// A page of sessions, those with the latest requests first. A cursor is the id of a session.
    pub async fn list(
        &self,
        filter: &AgentSessionFilter,
        page: &PageRequest,
    ) -> Result<Page<agent_session::Model>> {
        let window = page.window()?;
        let descending = !window.backwards;
        let mut query = AgentSession::find().filter(filter.condition()?);
        if let Some(cursor) = &window.cursor {
            let id = paging::id_of_cursor(cursor)?;
            let key = || Expr::col(Column::LastRequestAt);
            query = query.filter(paging::after::<AgentSession>(
                Column::Id,
                key,
                descending,
                id,
            ));
        }
        let direction = if descending { Order::Desc } else { Order::Asc };
        let sessions = query
            .order_by(Column::LastRequestAt, direction.clone())
            .order_by(Column::Id, direction)
            .limit(window.limit + 1)
            .all(self.db.reader())
            .await?;
        Ok(window.page(sessions))
    }

    /// Finds a session.
    pub async fn find(&self, id: Uuid) -> Result<Option<agent_session::Model>> {
        Ok(AgentSession::find_by_id(id).one(self.db.reader()).await?)
    }

    /// Finds sessions. Those that the retention has deleted are missing.
    pub async fn find_many(&self, ids: &[Uuid]) -> Result<Vec<agent_session::Model>> {
        let found = AgentSession::find().filter(Column::Id.is_in(ids.iter().copied()));
        Ok(found.all(self.db.reader()).await?)
    }
}
