//! Sessions of agents.

mod fields;
pub(super) mod list;

pub(super) use self::list::AgentSessionQuery;
