//! What everybody may know about the server.

use async_graphql::{Context, Object};

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
#[derive(Debug)]
struct ServerInfo;

/// What everybody may know about the server.
#[Object]
impl ServerInfo {
    /// The version of this program.
    async fn version(&self, ctx: &Context<'_>) -> &'static str {
        ctx.service::<ServerFacts>().version
    }

    /// The address at which clients reach it.
    async fn public_url(&self, ctx: &Context<'_>) -> String {
        ctx.service::<ServerFacts>().base_url().to_owned()
    }

    /// Whether it waits for its first administrator, who comes with the one-time link of the log.
    async fn setup_required(&self, ctx: &Context<'_>) -> bool {
        ctx.service::<Admins>().setup_required()
    }

    /// Which sort of engine it uses.
    async fn engine_mode(&self, ctx: &Context<'_>) -> EngineMode {
        ctx.service::<EngineHandle>().status().mode.into()
    }
}

/// The server's part of the queries.
#[derive(Debug, Default)]
pub(crate) struct ServerInfoQuery;

#[Object]
impl ServerInfoQuery {
    /// What everybody may know about the server.
    #[graphql(guard = "Public")]
    async fn server_info(&self) -> ServerInfo {
        ServerInfo
    }
}
