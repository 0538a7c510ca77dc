//! An agent's request to sign in, as its user sees it.

use async_graphql::{Context, SimpleObject};
use entity::agent_sign_in_request;

use crate::{
    domain::{
        settings::Settings,
        users::api_keys::{AgentSignIns, SignInPolicy},
    },
    graphql::{
        resolver::{context::ContextExt as _, error::Result},
        types::scalar::{DateTime, int},
    },
};

/// An agent's request to sign in, which waits for a user. Nothing proves what the agent sent of itself.
#[derive(SimpleObject)]
pub(in crate::graphql) struct AgentSignInRequest {
    /// The user agent; null if it sent none.
    agent: Option<String>,
    /// The surface that it named, such as `claude_code`; null if it named none.
    surface: Option<String>,
    /// The client id that it sent; null if it sent none.
    client_id: Option<String>,
    /// The IP address that asked; null if unknown.
    client_ip: Option<String>,
    /// Whether the agent opened the browser itself and receives the answer on this machine.
    is_on_this_machine: bool,
    /// Whether the agent cannot refresh tokens: it gets one token that is valid as long as the sign-in.
    is_long_lived: bool,
    /// The time of the request.
    created_at: DateTime,
    /// The time until which it can be confirmed.
    expires_at: DateTime,
    /// How many days the sign-in lasts, at most as long as the key in use: the setting `agentSignInDays`.
    days: i32,
}

impl AgentSignInRequest {
    pub(in crate::graphql) async fn read(ctx: &Context<'_>, code: &str) -> Result<Self> {
        let policy = policy(ctx);
        let caller = (ctx.key_holder()?, ctx.browser()?.address);
        let pending = ctx.service::<AgentSignIns>().pending(policy, caller, code);
        Ok(Self::new(pending.await?, policy))
    }

    fn new(row: agent_sign_in_request::Model, policy: SignInPolicy) -> Self {
        Self {
            agent: row.agent,
            surface: row.surface,
            client_id: row.client_id,
            client_ip: row.client_ip,
            is_on_this_machine: row.redirect_uri.is_some(),
            is_long_lived: row.long_lived,
            created_at: row.created_at.into(),
            expires_at: row.expires_at.into(),
            days: int(policy.days),
        }
    }
}

pub(super) fn policy(ctx: &Context<'_>) -> SignInPolicy {
    ctx.service::<Settings>().current().gateway.sign_in_policy()
}
