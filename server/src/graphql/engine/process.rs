//! The engine processes of single accounts.

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use uuid::Uuid;

use super::control::EngineState;
use crate::{
    domain::account_limits::AccountLimits,
    engine::{DedicatedEngine, EngineHandle},
    graphql::{
        resolver::context::ContextExt as _,
        types::scalar::{DateTime, int},
    },
};

/// Whether requests may be sent to the engine process of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::engine::DedicatedPhase")]
enum EngineProcessPhase {
    /// The account comes from the shared engine; its process starts.
    Starting,
    /// It serves, or restarts after an exit.
    Serving,
    /// The account returns to the shared engine.
    Leaving,
}

/// The engine process of one account, beside the shared engine.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct EngineProcess {
    #[graphql(skip)]
    account: Uuid,
    /// The account's id.
    account_id: ID,
    /// Whether requests may be sent to it.
    phase: EngineProcessPhase,
    /// The state of the process.
    state: EngineState,
    /// The version that it reports; null while it is unknown.
    version: Option<String>,
    /// The process id; null while it does not run.
    pid: Option<i32>,
    /// The time of the last start; null if unknown.
    started_at: Option<DateTime>,
    /// The number of automatic restarts.
    restarts: i32,
    /// The last error; null while it runs.
    last_error: Option<String>,
}

impl From<&DedicatedEngine> for EngineProcess {
    fn from(engine: &DedicatedEngine) -> Self {
        let status = engine.status();
        Self {
            account: engine.account_id,
            account_id: engine.account_id.into(),
            phase: engine.phase().into(),
            state: status.state.into(),
            version: status.version,
            pid: status.pid.map(int),
            started_at: status.started_at.map(Into::into),
            restarts: int(status.restarts),
            last_error: status.last_error,
        }
    }
}

#[ComplexObject]
impl EngineProcess {
    /// The account's name; null if it was removed meanwhile.
    async fn account_label(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.service::<AccountLimits>().label(self.account)
    }
}

impl EngineProcess {
    pub(in crate::graphql) fn of(engine: &EngineHandle, account: Uuid) -> Option<Self> {
        let dedicated = engine.dedicated();
        dedicated.get(&account).map(|engine| Self::from(&**engine))
    }

    pub(super) fn all(engine: &EngineHandle) -> Vec<Self> {
        let dedicated = engine.dedicated();
        dedicated
            .values()
            .map(|engine| Self::from(&**engine))
            .collect()
    }
}
