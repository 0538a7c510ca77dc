//! Which processes may refresh tokens: while an earlier process may still do so, the files of later ones have no refresh
//! tokens.

use tokio::sync::watch;

/// Counts the earlier processes that may still refresh a token.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct RefreshGate(watch::Sender<usize>);

/// An earlier process that may still refresh a token, until this is dropped.
#[derive(Debug)]
pub(in crate::engine) struct RefreshHold(watch::Sender<usize>);

impl RefreshGate {
    /// Closes the gate until the hold is dropped.
    pub(in crate::engine) fn hold(&self) -> RefreshHold {
        self.0.send_modify(|holds| *holds += 1);
        RefreshHold(self.0.clone())
    }

    /// Whether an earlier process may still refresh a token.
    pub(super) fn is_closed(&self) -> bool {
        *self.0.borrow() > 0
    }

    /// Notified when the gate closes or opens.
    pub(super) fn changes(&self) -> watch::Receiver<usize> {
        self.0.subscribe()
    }
}

impl Drop for RefreshHold {
    fn drop(&mut self) {
        self.0.send_modify(|holds| *holds -= 1);
    }
}
