//! The commands of the supervisor task.

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// A command to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EngineOrder {
    Start,
    Stop,
    Restart,
    /// The server ends; nothing comes after this.
    End,
}

/// An order whose giver may wait for its acceptance.
#[derive(Debug)]
pub(super) struct QueuedOrder {
    pub(super) order: EngineOrder,
    accepted: Option<oneshot::Sender<()>>,
}

impl QueuedOrder {
    /// An order, and where its acceptance is heard.
    pub(super) fn new(order: EngineOrder) -> (Self, oneshot::Receiver<()>) {
        let (accepted, acceptance) = oneshot::channel();
        let call = Self {
            order,
            accepted: Some(accepted),
        };
        (call, acceptance)
    }

    /// Notifies the caller that the command has taken effect.
    pub(super) fn accept(self) {
        if let Some(accepted) = self.accepted {
            // A giver who left does not mind.
            let _ = accepted.send(());
        }
    }
}

/// All orders in one line: those of people, and the end of the server.
#[derive(Debug)]
pub(super) struct OrderQueue {
    pub(super) orders: mpsc::Receiver<QueuedOrder>,
    pub(super) shutdown: CancellationToken,
}

impl OrderQueue {
    /// The next order, whatever it is.
    pub(super) async fn next(&mut self) -> QueuedOrder {
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => QueuedOrder { order: EngineOrder::End, accepted: None },
            Some(call) = self.orders.recv() => call,
        }
    }

    /// The next order that ends a running life; starting what runs is no work.
    pub(super) async fn interruption(&mut self) -> QueuedOrder {
        loop {
            let call = self.next().await;
            if call.order != EngineOrder::Start {
                return call;
            }
            call.accept();
        }
    }
}
