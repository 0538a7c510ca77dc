//! What the engine writes.

use async_graphql::{Context, Enum, Object, Subscription};
use entity::admin::Role;
use futures_util::{Stream, StreamExt as _, future::ready, stream};
use tokio_stream::wrappers::BroadcastStream;

use crate::{
    domain::Error,
    engine::{EngineHandle, LogLevel as Level, LogLine},
    graphql::{
        resolver::{context::ContextExt as _, error::Result, guard::AtLeast},
        types::scalar::{BigInt, DateTime},
    },
};

const DEFAULT_TAIL: i32 = 100;
const LONGEST_TAIL: usize = 2000;

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::engine::LogLevel")]
enum LogLevel {
    /// Of use to the engine's programmers.
    Debug,
    /// All is well.
    Info,
    /// Something is odd.
    Warn,
    /// Something went wrong.
    Error,
}

/// One line.
#[derive(Debug)]
struct EngineLogLine(LogLine);

/// One line of the engine's log, without our secrets.
#[Object]
impl EngineLogLine {
    /// Counts all lines since the server started; a step of more than one is a gap.
    async fn sequence(&self) -> BigInt {
        self.0.sequence.into()
    }

    /// When it was written.
    async fn at(&self) -> DateTime {
        self.0.at.into()
    }

    /// How grave it is.
    async fn level(&self) -> LogLevel {
        self.0.level.into()
    }

    /// What it says.
    async fn message(&self) -> &str {
        &self.0.message
    }
}

/// The engine log's part of what can be followed.
#[derive(Debug, Default)]
pub(crate) struct EngineLogSubscription;

#[Subscription]
#[expect(clippy::unused_async, reason = "the macro wants it")]
impl EngineLogSubscription {
    /// The engine's last lines and those to come. A slow reader misses some, which shows in the
    /// sequence, and nobody waits.
    #[graphql(guard = "AtLeast(Role::Viewer)")]
    async fn engine_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only lines as grave as this or graver.")] level: Option<LogLevel>,
        #[graphql(default = 100, desc = "How many past lines come first, at most 2000.")]
        tail: Option<i32>,
    ) -> Result<impl Stream<Item = EngineLogLine> + use<>> {
        let tail = usize::try_from(tail.unwrap_or(DEFAULT_TAIL)).ok();
        let tail = tail.filter(|tail| *tail <= LONGEST_TAIL);
        let tail = tail.ok_or_else(|| Error::bad_input("tail is between 0 and 2000"))?;
        let least = level.map_or(Level::Debug, Into::into);
        let logs = ctx.service::<EngineHandle>().logs();
        // Listening begins before looking back, so that nothing falls between; what is heard twice is
        // left out.
        let live = BroadcastStream::new(logs.subscribe());
        let lines = logs.tail(tail);
        let newest = lines.last().map(|line| line.sequence);
        let live = live.filter_map(|line| ready(line.ok()));
        let live = live.filter(move |line| ready(Some(line.sequence) > newest));
        let lines = stream::iter(lines).chain(live);
        let grave = lines.filter(move |line| ready(line.level >= least));
        Ok(grave.map(EngineLogLine))
    }
}
