//! The state of the engine, and starting and stopping it.

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject, Subscription};
use futures_util::{Stream, StreamExt as _, stream};
use tokio_stream::wrappers::WatchStream;

use super::process::EngineProcess;
use crate::{
    domain::audit::AuditSubject,
    engine::{
        CATALOGUE_ADDRESSES, CATALOGUE_INTERVAL, CatalogueRefresh, EngineHandle, EngineStatus,
    },
    graphql::{
        resolver::{
            audit,
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::scalar::{DateTime, int},
    },
};

/// How the engine is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::engine::EngineMode")]
pub(crate) enum EngineMode {
    /// A process that this server starts and supervises.
    Managed,
    /// A process that runs elsewhere.
    External,
    /// The embedded demo, which returns canned text.
    Demo,
}

/// The state of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::engine::EngineState")]
pub(super) enum EngineState {
    /// Started, not ready yet.
    Starting,
    /// Ready.
    Running,
    /// Exited or unreachable; retried after a pause.
    BackingOff,
    /// Stopped on request or together with the server.
    Stopped,
    /// Cannot be started without an administrator's action; see `lastError`.
    Failed,
}

/// The engine (CLIProxyAPI), which serves provider accounts through one API.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Engine {
    /// How the engine is run.
    mode: EngineMode,
    /// The state of the engine.
    state: EngineState,
    /// The version that the engine reports; null while it is unknown.
    version: Option<String>,
    /// The process id; null unless this server runs the engine.
    pid: Option<i32>,
    /// The time of the last start; null if unknown.
    started_at: Option<DateTime>,
    /// The number of automatic restarts.
    restarts: i32,
    /// The last error; null while the engine runs.
    last_error: Option<String>,
}

impl From<EngineStatus> for Engine {
    fn from(status: EngineStatus) -> Self {
        Self {
            mode: status.mode.into(),
            state: status.state.into(),
            version: status.version,
            pid: status.pid.map(int),
            started_at: status.started_at.map(Into::into),
            restarts: int(status.restarts),
            last_error: status.last_error,
        }
    }
}

/// How the engine refreshes its model catalogue. Whether it does is the setting `refreshModelCatalogue`.
#[derive(SimpleObject)]
struct ModelCatalogueRefresh {
    /// Whether the running engine refreshes the catalogue. Otherwise it serves the models that it was built with.
    enabled: bool,
    /// The addresses in the order in which the engine tries them; they are fixed in the engine.
    addresses: Vec<&'static str>,
    /// The time between two refreshes, in seconds; the first one follows the start of the engine.
    interval_seconds: i32,
    /// The last successful refresh since the engine started; null if there was none.
    refreshed_at: Option<DateTime>,
    /// The address that the last successful refresh came from.
    refreshed_from: Option<String>,
    /// The last failed refresh since the engine started; null if a later one succeeded.
    failed_at: Option<DateTime>,
}

impl From<CatalogueRefresh> for ModelCatalogueRefresh {
    fn from(refresh: CatalogueRefresh) -> Self {
        Self {
            enabled: refresh.enabled,
            addresses: CATALOGUE_ADDRESSES.to_vec(),
            interval_seconds: int(CATALOGUE_INTERVAL.as_secs()),
            refreshed_at: refresh.refreshed_at.map(Into::into),
            refreshed_from: refresh.refreshed_from,
            failed_at: refresh.failed_at.map(Into::into),
        }
    }
}

#[ComplexObject]
impl Engine {
    /// The configuration as last written, with secrets masked; null if this server does not configure the
    /// engine.
    async fn config_preview(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.service::<EngineHandle>().config_preview()
    }

    /// The processes of single accounts beside the shared engine, by the account's id. At most `ENGINE_DEDICATED_MAX`.
    async fn processes(&self, ctx: &Context<'_>) -> Vec<EngineProcess> {
        EngineProcess::all(ctx.service::<EngineHandle>())
    }

    /// How the engine refreshes its model catalogue; null unless this server runs the engine.
    async fn model_catalogue(&self, ctx: &Context<'_>) -> Option<ModelCatalogueRefresh> {
        let engine = ctx.service::<EngineHandle>();
        (self.mode == EngineMode::Managed).then(|| engine.catalogue_refresh().into())
    }
}

/// The result of starting, stopping or restarting the engine.
#[derive(SimpleObject)]
struct EnginePayload {
    /// The engine's current state.
    engine: Engine,
}

impl From<EngineStatus> for EnginePayload {
    fn from(status: EngineStatus) -> Self {
        Self {
            engine: Engine::from(status),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct EngineStateQuery;

#[Object(guard = "Declared")]
impl EngineStateQuery {
    /// The engine's current state.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
    async fn engine(&self, ctx: &Context<'_>) -> Engine {
        Engine::from(ctx.service::<EngineHandle>().status())
    }
}

pub(super) fn subject() -> AuditSubject {
    AuditSubject::new("engine", "engine")
}

#[derive(Debug, Default)]
pub(crate) struct EngineControlMutation;

#[Object(guard = "Declared")]
impl EngineControlMutation {
    /// Start the engine and wait until it is ready.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn start_engine(&self, ctx: &Context<'_>) -> Result<EnginePayload> {
        ctx.audit().about(subject());
        let status = ctx.service::<EngineHandle>().start().await?;
        audit::record(ctx).await?;
        Ok(status.into())
    }

    /// Drain requests, then stop the engine until `startEngine` is called.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn stop_engine(&self, ctx: &Context<'_>) -> Result<EnginePayload> {
        ctx.audit().about(subject());
        let status = ctx.service::<EngineHandle>().stop().await?;
        audit::record(ctx).await?;
        Ok(status.into())
    }

    /// Drain requests, restart the engine and wait until it is ready.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn restart_engine(&self, ctx: &Context<'_>) -> Result<EnginePayload> {
        ctx.audit().about(subject());
        let status = ctx.service::<EngineHandle>().restart().await?;
        audit::record(ctx).await?;
        Ok(status.into())
    }
}

#[derive(Debug, Default)]
pub(crate) struct EngineSubscription;

#[Subscription(guard = "Declared")]
impl EngineSubscription {
    /// The engine's state: first the current one, then each change of the shared engine or of a process of an account.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
    async fn engine_changed(&self, ctx: &Context<'_>) -> impl Stream<Item = Engine> + use<> {
        let engine = ctx.service::<EngineHandle>().clone();
        let shared = WatchStream::new(engine.watch()).map(drop);
        let processes = WatchStream::from_changes(engine.process_changes()).map(drop);
        stream::select(shared, processes).map(move |()| Engine::from(engine.status()))
    }
}
