//! A whole server over real sockets, and a scripted engine behind it.

mod app;
mod database;
mod engine;
mod socket;

use std::time::Duration;

pub(crate) use self::{
    app::{Options, Records, TestApp},
    database::TestDatabase,
    engine::{Script, scripted},
    socket::{ClientEnd, EngineEnd, SocketEngine, TURN_STATE},
};

/// How long a test waits for anything before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// What a future gives, or a failure rather than waiting for ever.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("{what} did not happen in time"))
}
