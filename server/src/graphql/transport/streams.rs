//! How many things one caller may keep open.

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

/// Operations under way on one socket.
const OPERATIONS: usize = 50;
/// Sockets and event streams of one caller: some browsers, with some tabs each.
const STREAMS: usize = 32;

/// The places for operations on one socket.
#[derive(Clone, Debug)]
pub(super) struct LiveOperations(Arc<Semaphore>);

impl Default for LiveOperations {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(OPERATIONS)))
    }
}

impl LiveOperations {
    /// Takes a place for as long as the operation runs.
    pub(super) fn take(&self) -> Result<OwnedSemaphorePermit, ServerError> {
        self.0.clone().try_acquire_owned().map_err(|_| {
            let message = format!("a socket has at most {OPERATIONS} operations at once");
            let error = async_graphql::Error::from(ResolverError::from(Error::BadInput(message)));
            error.into_server_error(async_graphql::Pos::default())
        })
    }
}

/// The open streams of all callers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Streams(Arc<Mutex<HashMap<Uuid, usize>>>);

/// A caller's place for one stream.
#[derive(Debug)]
pub(super) struct StreamPlace {
    streams: Streams,
    caller: Uuid,
}

impl Streams {
    /// Takes a place until it is dropped; `None` when the caller has no more.
    pub(super) fn take(&self, viewer: &Viewer) -> Option<StreamPlace> {
        let caller = identity(viewer);
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(caller).or_default();
        if *count >= STREAMS {
            return None;
        }
        *count += 1;
        Some(StreamPlace {
            streams: self.clone(),
            caller,
        })
    }
}

impl Drop for StreamPlace {
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

/// Strangers share their places.
fn identity(viewer: &Viewer) -> Uuid {
    match viewer {
        Viewer::Anonymous => Uuid::nil(),
        Viewer::Session(session) => session.admin.id,
        Viewer::ApiToken(token) => token.id,
        Viewer::KeyHolder { user_id, .. } => *user_id,
    }
}
