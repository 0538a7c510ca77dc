//! Facts about the server that anonymous clients may read too.

use async_graphql::{Context, Object, SimpleObject};

use crate::{
    domain::admins::Admins,
    engine::EngineHandle,
    graphql::{
        engine::control::EngineMode,
        resolver::{
            context::{ContextExt as _, ServerFacts},
            guard::Public,
        },
    },
};

/// What everybody may know about the server.
#[derive(SimpleObject)]
struct ServerInfo {
    /// The version of this program.
    version: &'static str,
    /// The address at which clients reach it.
    public_url: String,
    /// Whether it waits for its first administrator, who comes with the one-time link of the log.
    setup_required: bool,
    /// Which sort of engine it uses.
    engine_mode: EngineMode,
}

/// The server's part of the queries.
#[derive(Debug, Default)]
pub(crate) struct ServerInfoQuery;

#[Object]
impl ServerInfoQuery {
    /// What everybody may know about the server.
    #[graphql(guard = "Public")]
    async fn server_info(&self, ctx: &Context<'_>) -> ServerInfo {
        let server = ctx.service::<ServerFacts>();
        ServerInfo {
            version: server.version,
            public_url: server.base_url().to_owned(),
            setup_required: ctx.service::<Admins>().setup_required(),
            engine_mode: ctx.service::<EngineHandle>().status().mode.into(),
        }
    }
}
