//! The engine: how it is, and starting and stopping it.

use async_graphql::{Context, Enum, Object, SimpleObject, Subscription};
use entity::admin::Role;
use futures_util::{Stream, StreamExt as _};
use tokio_stream::wrappers::WatchStream;

use crate::{
    domain::audit::AuditSubject,
    engine::{EngineHandle, EngineStatus},
    graphql::{
        resolver::{audit, context::ContextExt as _, error::Result, guard::AtLeast},
        types::scalar::{DateTime, int},
    },
};

/// Which sort of engine answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::engine::EngineMode")]
pub(crate) enum EngineMode {
    /// A process that this server runs.
    Managed,
    /// One that runs elsewhere.
    External,
    /// The embedded stand-in, which answers canned text.
    Demo,
}

/// Where the engine is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::engine::EngineState")]
enum EngineState {
    /// It was started and is not ready yet.
    Starting,
    /// It answers.
    Running,
    /// It died or cannot be reached, and is tried again after a pause.
    BackingOff,
    /// It was stopped on request, or with the server.
    Stopped,
    /// It cannot be started until somebody acts.
    Failed,
}

/// How the engine is at a moment.
#[derive(Debug)]
struct Engine(EngineStatus);

/// The engine, which turns accounts at providers into one API.
#[Object]
impl Engine {
    /// Which sort of engine it is.
    async fn mode(&self) -> EngineMode {
        self.0.mode.into()
    }

    /// Where it is in its life.
    async fn state(&self) -> EngineState {
        self.0.state.into()
    }

    /// What it says its version is.
    async fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// Its process, when it is ours.
    async fn pid(&self) -> Option<i32> {
        self.0.pid.map(int)
    }

    /// When its present life began.
    async fn started_at(&self) -> Option<DateTime> {
        self.0.started_at.map(Into::into)
    }

    /// How often it had to be started again unasked.
    async fn restarts(&self) -> i32 {
        int(self.0.restarts)
    }

    /// The last thing that went wrong, in words; null while it runs.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }

    /// Its configuration as it was last written, with every secret masked.
    async fn config_preview(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.service::<EngineHandle>().config_preview()
    }
}

/// The engine was told to do something.
#[derive(SimpleObject)]
struct EnginePayload {
    /// How it is now.
    engine: Engine,
}

impl From<EngineStatus> for EnginePayload {
    fn from(status: EngineStatus) -> Self {
        Self {
            engine: Engine(status),
        }
    }
}

/// The engine's part of the queries.
#[derive(Debug, Default)]
pub(crate) struct EngineQuery;

#[Object]
impl EngineQuery {
    /// How the engine is.
    #[graphql(guard = "AtLeast(Role::Viewer)")]
    async fn engine(&self, ctx: &Context<'_>) -> Engine {
        Engine(ctx.service::<EngineHandle>().status())
    }
}

fn engine() -> AuditSubject {
    AuditSubject::new("engine", "engine")
}

/// The engine's part of the changes.
#[derive(Debug, Default)]
pub(crate) struct EngineMutation;

#[Object]
impl EngineMutation {
    /// Start the engine, and wait until it runs.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn start_engine(&self, ctx: &Context<'_>) -> Result<EnginePayload> {
        ctx.audit().about(engine());
        let status = ctx.service::<EngineHandle>().start().await?;
        audit::record(ctx).await?;
        Ok(status.into())
    }

    /// Let requests end, then stop the engine until it is started again.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn stop_engine(&self, ctx: &Context<'_>) -> Result<EnginePayload> {
        ctx.audit().about(engine());
        let status = ctx.service::<EngineHandle>().stop().await?;
        audit::record(ctx).await?;
        Ok(status.into())
    }

    /// Let requests end, then stop the engine, start it, and wait until it runs.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn restart_engine(&self, ctx: &Context<'_>) -> Result<EnginePayload> {
        ctx.audit().about(engine());
        let status = ctx.service::<EngineHandle>().restart().await?;
        audit::record(ctx).await?;
        Ok(status.into())
    }
}

/// The engine's part of what can be followed.
#[derive(Debug, Default)]
pub(crate) struct EngineSubscription;

#[Subscription]
impl EngineSubscription {
    /// How the engine is: now, and after each change.
    #[graphql(guard = "AtLeast(Role::Viewer)")]
    async fn engine_changed(&self, ctx: &Context<'_>) -> impl Stream<Item = Engine> + use<> {
        WatchStream::new(ctx.service::<EngineHandle>().watch()).map(Engine)
    }
}
