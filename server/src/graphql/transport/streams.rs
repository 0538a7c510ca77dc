//! Limits of concurrent operations, sockets and event streams.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::ServerError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use crate::{
    domain::{Error, Viewer},
    graphql::resolver::error::ResolverError,
};

/// Concurrent operations on one socket.
const OPERATIONS: usize = 50;
/// Concurrent sockets and event streams of one caller: several browsers with several tabs each.
const STREAMS: usize = 32;

/// The permits for operations on one socket.
#[derive(Clone, Debug)]
pub(super) struct LiveOperations(Arc<Semaphore>);

impl Default for LiveOperations {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(OPERATIONS)))
    }
}

impl LiveOperations {
    /// Takes a permit for the duration of an operation.
    pub(super) fn take(&self) -> Result<OwnedSemaphorePermit, ServerError> {
        self.0.clone().try_acquire_owned().map_err(|_| {
            let message =
                format!("too many concurrent operations on this socket; the limit is {OPERATIONS}");
            let error = async_graphql::Error::from(ResolverError::from(Error::BadInput(message)));
            error.into_server_error(async_graphql::Pos::default())
        })
    }
}

/// The open streams of all callers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Streams(Arc<Mutex<HashMap<Uuid, usize>>>);

/// A caller's permit for one stream.
#[derive(Debug)]
pub(super) struct StreamPermit {
    streams: Streams,
    caller: Uuid,
}

impl Streams {
    /// Takes a permit, released on drop; `None` if the caller has none left.
    pub(super) fn take(&self, viewer: &Viewer) -> Option<StreamPermit> {
        let caller = identity(viewer);
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(caller).or_default();
        if *count >= STREAMS {
            return None;
        }
        *count += 1;
        Some(StreamPermit {
            streams: self.clone(),
            caller,
        })
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let mut open = self
            .streams
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.caller);
            }
        }
    }
}

/// Anonymous callers share one identity.
fn identity(viewer: &Viewer) -> Uuid {
    match viewer {
        Viewer::Anonymous => Uuid::nil(),
        Viewer::Session(session) => session.admin.id,
        Viewer::ApiToken(token) => token.id,
        Viewer::KeyHolder { user_id, .. } => *user_id,
    }
}
