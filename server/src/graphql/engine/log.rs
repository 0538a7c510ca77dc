//! The engine's log.

use async_graphql::{Context, Enum, SimpleObject, Subscription};
use futures_util::{Stream, StreamExt as _, future::ready, stream};
use tokio_stream::wrappers::BroadcastStream;

use crate::{
    domain::Error,
    engine::{EngineHandle, LogLevel as Level, LogLine},
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::scalar::{BigInt, DateTime},
    },
};

const DEFAULT_TAIL: i32 = 100;
const MAX_TAIL: usize = 2000;

/// The severity of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::engine::LogLevel")]
enum LogLevel {
    /// For developers of the engine.
    Debug,
    /// Normal operation.
    Info,
    /// Unexpected, but handled.
    Warn,
    /// An error.
    Error,
}

/// A line of the engine's log, with this server's secrets masked.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct EngineLogLine {
    /// The line number since the server started; a step of more than one is a gap.
    sequence: BigInt,
    /// The time of writing.
    at: DateTime,
    /// The severity.
    level: LogLevel,
    /// The text.
    message: String,
}

impl From<LogLine> for EngineLogLine {
    fn from(line: LogLine) -> Self {
        Self {
            sequence: line.sequence.into(),
            at: line.at.into(),
            level: line.level.into(),
            message: line.message,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct EngineLogSubscription;

#[Subscription(guard = "Declared")]
#[expect(clippy::unused_async, reason = "the macro wants it")]
impl EngineLogSubscription {
    /// The engine's last log lines, then new ones. A slow reader misses lines, which `sequence` shows; it
    /// does not slow the engine down.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
    async fn engine_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lowest severity to return.")] level: Option<LogLevel>,
        #[graphql(
            default = 100,
            desc = "The number of past lines to begin with: 0 to 2000."
        )]
        tail: Option<i32>,
    ) -> Result<impl Stream<Item = EngineLogLine> + use<>> {
        let tail = usize::try_from(tail.unwrap_or(DEFAULT_TAIL)).ok();
        let tail = tail.filter(|tail| *tail <= MAX_TAIL);
        let tail = tail.ok_or_else(|| Error::bad_input("tail must be between 0 and 2000"))?;
        let least = level.map_or(Level::Debug, Into::into);
        let logs = ctx.service::<EngineHandle>().logs();
        // Subscribe before reading the past lines, so that none are missed; drop duplicates.
        let live = BroadcastStream::new(logs.subscribe());
        let lines = logs.tail(tail);
        let newest = lines.last().map(|line| line.sequence);
        let live = live.filter_map(|line| ready(line.ok()));
        let live = live.filter(move |line| ready(Some(line.sequence) > newest));
        let lines = stream::iter(lines).chain(live);
        let grave = lines.filter(move |line| ready(line.level >= least));
        Ok(grave.map(EngineLogLine::from))
    }
}
