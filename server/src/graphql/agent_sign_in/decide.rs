//! Users confirm and deny the requests of agents, and end sign-ins.

use async_graphql::{Context, ID, Object, SimpleObject};

use super::pending::policy;
use crate::{
    domain::users::api_keys::{AgentSignIns, Decision},
    graphql::{
        resolver::{
            context::ContextExt as _, error::Result, guard::Declared, input, role::requires_api_key,
        },
        types::api_key::ApiKey,
    },
};

/// The result of `confirmAgentSignIn`.
#[derive(SimpleObject)]
struct ConfirmAgentSignInPayload {
    /// The request's id, which the audit names.
    id: ID,
    /// The URL on the user's machine where the browser must go, once; null if the agent polls. It has a code in it.
    redirect_url: Option<String>,
}

/// The result of `denyAgentSignIn`.
#[derive(SimpleObject)]
struct DenyAgentSignInPayload {
    /// The request's id, which the audit names.
    id: ID,
    /// The URL on the user's machine where the browser must go; null if the agent polls.
    redirect_url: Option<String>,
}

/// The result of `revokeOwnAgentSignIn`.
#[derive(SimpleObject)]
struct RevokeOwnAgentSignInPayload {
    /// The key of the sign-in.
    api_key: ApiKey,
}

#[derive(Debug, Default)]
pub(crate) struct AgentSignInMutation;

#[Object(guard = "Declared")]
impl AgentSignInMutation {
    /// Let an agent sign in with the limits of the key in use, until it expires. The agent gets copies of the key's quotas,
    /// with their usage, and of its rate limit. `NOT_FOUND` if the code is unknown, has expired or was decided; at most 10
    /// unknown codes within 10 minutes. `FEATURE_DISABLED` if the setting `agentSignIn` is off.
    #[graphql(directive = requires_api_key::apply())]
    async fn confirm_agent_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            secret,
            desc = "The code that the agent shows, or that is in the address."
        )]
        code: String,
        #[graphql(desc = "The name of the sign-in, such as that of the device.")] name: String,
    ) -> Result<ConfirmAgentSignInPayload> {
        let caller = (ctx.key_holder()?, ctx.browser()?.address);
        let Decision { id, redirect_to } = ctx
            .service::<AgentSignIns>()
            .confirm(&ctx.audit(), policy(ctx), caller, (&code, &name))
            .await?;
        Ok(ConfirmAgentSignInPayload {
            id: id.into(),
            redirect_url: redirect_to.map(Into::into),
        })
    }

    /// Deny the sign-in of an agent. `NOT_FOUND` as for `confirmAgentSignIn`.
    #[graphql(directive = requires_api_key::apply())]
    async fn deny_agent_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            secret,
            desc = "The code that the agent shows, or that is in the address."
        )]
        code: String,
    ) -> Result<DenyAgentSignInPayload> {
        let caller = (ctx.key_holder()?, ctx.browser()?.address);
        let Decision { id, redirect_to } = ctx
            .service::<AgentSignIns>()
            .deny(&ctx.audit(), policy(ctx), caller, &code)
            .await?;
        Ok(DenyAgentSignInPayload {
            id: id.into(),
            redirect_url: redirect_to.map(Into::into),
        })
    }

    /// End a sign-in of the caller's own. It takes effect immediately and aborts requests in flight. `CONFLICT` if it has
    /// ended. Users may do so whatever the setting `ownKeys`.
    #[graphql(directive = requires_api_key::apply())]
    async fn revoke_own_agent_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the key of the sign-in.")] id: ID,
    ) -> Result<RevokeOwnAgentSignInPayload> {
        let id = input::id(&id, "sign-in")?;
        let key = ctx
            .service::<AgentSignIns>()
            .revoke_own(&ctx.audit(), ctx.key_holder()?, id)
            .await?;
        let api_key = ApiKey::from(key);
        Ok(RevokeOwnAgentSignInPayload { api_key })
    }
}
