//! What the tests stand on: a whole server over real sockets with a scripted engine behind it, or its
//! control plane alone with a clock that the test owns, and clients like the real ones.

mod app;
mod caller;
mod clock;
mod credentials;
mod database;
mod engine;
mod events;
pub(crate) mod operator;
mod plane;
pub(crate) mod programs;
pub(crate) mod protocol;
pub(crate) mod provider;
mod responses_socket;
pub(crate) mod server;
mod socket;
pub(crate) mod token_endpoint;

use std::{fs, path::Path, time::Duration};

use proxypal_server::domain::audit::AuditContext;

pub(crate) use self::{
    app::{Options, Records, TestApp},
    caller::{Caller, code, cookie_lines},
    clock::ManualClock,
    database::TestDatabase,
    engine::{Script, scripted},
    events::Events,
    plane::{ControlPlane, PASSWORD},
    responses_socket::{ClientEnd, EngineEnd, SocketEngine, TURN_STATE},
    socket::Socket,
};

/// How long a test waits for anything before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// A number that whoever runs the tests may set in the environment.
pub(crate) fn number(variable: &str, usual: u64) -> u64 {
    let set = std::env::var_os(variable);
    set.map_or(usual, |text| text.to_str().unwrap().parse().unwrap())
}

/// Holds a committed file to what the code prints. `UPDATE=1` rewrites it.
pub(crate) fn hold_to(file: &str, printed: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, printed).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == printed, "{file} is stale; run `make schema`");
}

/// What a future gives, or a failure rather than waiting for ever.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("{what} did not happen in time"))
}

/// Waits for what no event tells of: what another process, or a writer behind the scenes, has done.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon(what, looking).await
}

/// The audit context of what a test does without a request. It is leaked, so that it outlives the call.
pub(crate) fn test_context() -> &'static AuditContext {
    Box::leak(Box::new(AuditContext::system("test")))
}
