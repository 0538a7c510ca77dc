//! Facts about the server that anonymous clients may read too.

use async_graphql::{Context, Object, SimpleObject};

use crate::{
    domain::admins::Admins,
    engine::EngineHandle,
    graphql::{
        engine::control::EngineMode,
        resolver::{
            context::{ContextExt as _, ServerFacts},
            error::Result,
            guard::Public,
        },
    },
};

/// Facts about the server that anonymous callers can read.
#[derive(SimpleObject)]
struct ServerInfo {
    /// The version of the server.
    version: &'static str,
    /// The URL at which clients reach the server, without a trailing slash.
    public_url: String,
    /// Whether the first administrator must still be created, with the one-time URL in the server's log.
    setup_required: bool,
    /// How the engine is run.
    engine_mode: EngineMode,
}

#[derive(Debug, Default)]
pub(crate) struct ServerInfoQuery;

#[Object]
impl ServerInfoQuery {
    /// Facts about the server that anonymous callers can read.
    #[graphql(guard = "Public")]
    async fn server_info(&self, ctx: &Context<'_>) -> Result<ServerInfo> {
        let server = ctx.service::<ServerFacts>();
        Ok(ServerInfo {
            version: server.version,
            public_url: server.base_url().to_owned(),
            setup_required: ctx.service::<Admins>().setup_required().await?,
            engine_mode: ctx.service::<EngineHandle>().status().mode.into(),
        })
    }
}
