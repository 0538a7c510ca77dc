//! Support for the tests: a whole server over real sockets with a scripted engine, or its control plane with a manual
//! clock, and clients.

mod app;
mod caller;
mod clock;
mod database;
mod engine;
mod events;
pub(crate) mod mail;
pub(crate) mod operator;
mod plane;
pub(crate) mod price_list;
pub(crate) mod programs;
pub(crate) mod protocol;
pub(crate) mod provider;
mod record;
pub(crate) mod releases;
mod responses_socket;
pub(crate) mod server;
mod socket;
pub(crate) mod token_endpoint;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use proxypal_server::domain::audit::AuditContext;

pub(crate) use self::{
    app::{Options, Records, TestApp},
    caller::{Caller, code, cookie_lines},
    clock::ManualClock,
    database::TestDatabase,
    engine::{Script, scripted},
    events::Events,
    mail::MailServer,
    plane::{ControlPlane, PASSWORD},
    record::completed,
    responses_socket::{ClientEnd, EngineEnd, SocketEngine, TURN_STATE},
    socket::Socket,
};

/// How long a test waits for an event before it fails.
pub(crate) const EVENT_TIMEOUT: Duration = Duration::from_secs(15);

/// A number from the environment.
pub(crate) fn number(variable: &str, default: u64) -> u64 {
    let text = std::env::var_os(variable);
    text.map_or(default, |text| text.to_str().unwrap().parse().unwrap())
}

/// Every text file in these files and folders.
pub(crate) fn sources(places: &[PathBuf]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut places = places.to_vec();
    while let Some(place) = places.pop() {
        if place.is_dir() {
            let entries = fs::read_dir(&place).unwrap();
            places.extend(entries.map(|entry| entry.unwrap().path()));
        } else if let Ok(text) = fs::read_to_string(&place) {
            found.push((place, text));
        }
    }
    found
}

/// Compares a committed file with what the code prints. `UPDATE=1` rewrites it.
pub(crate) fn hold_to(file: &str, printed: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, printed).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == printed, "{file} is stale; run `make schema`");
}

/// Awaits a future, and fails after [`EVENT_TIMEOUT`].
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(EVENT_TIMEOUT, future)
        .await
        .unwrap_or_else(|_| panic!("{what} did not happen in time"))
}

/// Polls for an effect without an event, such as that of another process or of the writer task.
pub(crate) async fn eventually<T>(what: &str, mut poll: impl AsyncFnMut() -> Option<T>) -> T {
    let polling = async {
        loop {
            if let Some(found) = poll().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon(what, polling).await
}

/// The audit context of what a test does without a request. It is leaked, so that it outlives the call.
pub(crate) fn test_context() -> &'static AuditContext {
    Box::leak(Box::new(AuditContext::system("test")))
}
