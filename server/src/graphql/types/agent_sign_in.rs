//! The sign-in of an agent, which is an API key without a secret.

use async_graphql::SimpleObject;
use entity::agent_sign_in;

use super::scalar::DateTime;

/// An agent that signed in. Its short-lived tokens act as the API key.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AgentSignIn {
    /// The user agent that the agent sent; null if it sent none. Nothing proves it.
    agent: Option<String>,
    /// The surface that the agent named, such as `claude_code`; null if it named none. Nothing proves it.
    surface: Option<String>,
    /// The IP address that asked to sign in; null if unknown.
    client_ip: Option<String>,
    /// The time of the sign-in.
    created_at: DateTime,
    /// The time of the last refresh of its tokens; null if there was none.
    refreshed_at: Option<DateTime>,
    /// The IP address of the last refresh; null if there was none.
    refreshed_from: Option<String>,
}

impl From<agent_sign_in::Model> for AgentSignIn {
    fn from(row: agent_sign_in::Model) -> Self {
        Self {
            agent: row.agent,
            surface: row.surface,
            client_ip: row.client_ip,
            created_at: row.created_at.into(),
            refreshed_at: row.refreshed_at.map(Into::into),
            refreshed_from: row.refreshed_from,
        }
    }
}
