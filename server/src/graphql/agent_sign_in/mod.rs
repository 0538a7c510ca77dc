//! Sign-ins of agents, which users confirm, deny and end.

mod decide;
pub(super) mod pending;

pub(super) use decide::AgentSignInMutation;
