//! The commands of the supervisor task.

use std::path::PathBuf;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// A command to the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EngineOrder {
    Start,
    Stop,
    Restart,
    /// Run this program from now on.
    Switch(PathBuf),
    /// The server shuts down; the last command.
    Shutdown,
}

/// A command whose caller may wait until it has taken effect.
#[derive(Debug)]
pub(super) struct QueuedOrder {
    pub(super) order: EngineOrder,
    accepted: Option<oneshot::Sender<Result<(), String>>>,
}

impl QueuedOrder {
    /// A command, and the receiver that resolves when it has taken effect.
    pub(super) fn new(order: EngineOrder) -> (Self, oneshot::Receiver<Result<(), String>>) {
        let (accepted, acceptance) = oneshot::channel();
        let queued = Self {
            order,
            accepted: Some(accepted),
        };
        (queued, acceptance)
    }

    /// Notifies the caller that the command has taken effect.
    pub(super) fn accept(self) {
        self.answer(Ok(()));
    }

    /// Notifies the caller that the command had no effect, for this reason.
    pub(super) fn refuse(self, reason: String) {
        self.answer(Err(reason));
    }

    fn answer(self, outcome: Result<(), String>) {
        if let Some(accepted) = self.accepted {
            // The caller may have left.
            let _ = accepted.send(outcome);
        }
    }
}

/// The commands of administrators, and the shutdown of the server.
#[derive(Debug)]
pub(super) struct OrderQueue {
    pub(super) orders: mpsc::Receiver<QueuedOrder>,
    pub(super) shutdown: CancellationToken,
}

impl OrderQueue {
    /// The next command.
    pub(super) async fn next(&mut self) -> QueuedOrder {
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => QueuedOrder { order: EngineOrder::Shutdown, accepted: None },
            Some(queued) = self.orders.recv() => queued,
        }
    }

    /// The next command that ends a run. `Start` has no effect on a running engine and is accepted immediately.
    pub(super) async fn interruption(&mut self) -> QueuedOrder {
        loop {
            let queued = self.next().await;
            if queued.order != EngineOrder::Start {
                return queued;
            }
            queued.accept();
        }
    }
}
