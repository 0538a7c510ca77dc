//! Connections that rest between two requests.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::http::{
    Request,
    header::HOST,
    uri::{Authority, PathAndQuery, Uri},
};

use super::{
    Answer, UpstreamBody, UpstreamError,
    connection::{Connection, Unsent},
};
use crate::gateway::body::Upload;

/// Resting connections at most; in a burst more are opened and closed again.
const RESTING: usize = 256;
const IDLE_TIME: Duration = Duration::from_secs(30);

/// The resting connections of one engine; the last to rest is the first to work.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Resting>);

#[derive(Debug, Default)]
struct Resting {
    authority: Option<Authority>,
    connections: VecDeque<Connection>,
}

impl Pool {
    /// Sends a request over a connection that rests, or a new one.
    pub(super) async fn exchange(
        self: Arc<Self>,
        request: Request<Upload>,
    ) -> Result<Answer, UpstreamError> {
        let (mut request, authority) = addressed(request);
        loop {
            let resting = self.wake(&authority).await;
            let is_new = resting.is_none();
            let mut connection = match resting {
                Some(connection) => connection,
                None => Connection::open(&authority).await?,
            };
            match connection.exchange(request).await {
                Ok(answer) => {
                    return Ok(
                        answer.map(|body| UpstreamBody::driven(body, connection, self, authority))
                    );
                }
                // The engine closed it while it rested, and did not see the request.
                Err(Unsent {
                    request: Some(unsent),
                    ..
                }) if !is_new => request = unsent,
                Err(Unsent { error, .. }) => return Err(UpstreamError::Exchange(error)),
            }
        }
    }

    /// Takes the connection that rested last and is still open.
    async fn wake(&self, authority: &Authority) -> Option<Connection> {
        loop {
            let mut connection = self.take(authority)?;
            let is_ready = std::future::poll_fn(|cx| Poll::Ready(connection.is_ready(cx))).await;
            if is_ready {
                return Some(connection);
            }
        }
    }

    fn take(&self, authority: &Authority) -> Option<Connection> {
        let mut resting = self.lock();
        if resting.authority.as_ref() != Some(authority) {
            // The engine was started again, on another port.
            let stale = mem::take(&mut resting.connections);
            resting.authority = Some(authority.clone());
            drop(resting);
            drop(stale);
            return None;
        }
        resting.connections.pop_back()
    }

    /// Lets a connection rest, if it can be used again.
    pub(super) fn put(
        &self,
        mut connection: Connection,
        authority: &Authority,
        cx: &mut Context<'_>,
    ) {
        if !connection.is_ready(cx) {
            return;
        }
        connection.rest();
        let mut resting = self.lock();
        let is_current = resting.authority.as_ref() == Some(authority);
        if is_current && resting.connections.len() < RESTING {
            resting.connections.push_back(connection);
        }
        while resting
            .connections
            .front()
            .is_some_and(|oldest| oldest.rested() > IDLE_TIME)
        {
            resting.connections.pop_front();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Resting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Turns the absolute address, which is for clients of proxies, into a path and a `Host`.
fn addressed(mut request: Request<Upload>) -> (Request<Upload>, Authority) {
    let mut parts = mem::take(request.uri_mut()).into_parts();
    let authority = parts
        .authority
        .take()
        .unwrap_or_else(|| Authority::from_static("localhost"));
    let path = parts
        .path_and_query
        .unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(path);
    if let Ok(host) = authority.as_str().parse() {
        request.headers_mut().insert(HOST, host);
    }
    (request, authority)
}
