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
    UpstreamBody, UpstreamError, UpstreamResponse,
    connection::{Unsent, UpstreamConnection},
};
use crate::gateway::body::Upload;

/// Resting connections at most; in a burst more are opened and closed again.
const MAX_IDLE: usize = 256;
/// Connections that are opened for one request, should the engine close them before it is written.
const MOST_OPENED: u32 = 2;
const IDLE_TIME: Duration = Duration::from_secs(30);

/// The resting connections of one engine; the last to rest is the first to work.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Resting>);

#[derive(Debug, Default)]
struct Resting {
    authority: Option<Authority>,
    connections: VecDeque<UpstreamConnection>,
}

impl Pool {
    /// Sends a request over a connection that rests, or a new one.
    pub(super) async fn exchange(
        self: Arc<Self>,
        request: Request<Upload>,
    ) -> Result<UpstreamResponse, UpstreamError> {
        let (mut request, authority) = addressed(request);
        let mut opened = 0;
        loop {
            let mut connection = if let Some(connection) = self.wake(&authority).await {
                connection
            } else {
                opened += 1;
                UpstreamConnection::open(&authority).await?
            };
            match connection.exchange(request).await {
                Ok(answer) => {
                    return Ok(
                        answer.map(|body| UpstreamBody::driven(body, connection, self, authority))
                    );
                }
                // The engine closed the connection, and nothing of the request was written. What was written
                // in part is never sent again: the engine may have passed it on.
                Err(Unsent {
                    request: Some(unsent),
                    ..
                }) if opened < MOST_OPENED => request = unsent,
                Err(Unsent { error, .. }) => return Err(UpstreamError::Exchange(error)),
            }
        }
    }

    /// Takes the connection that rested last and is still open.
    async fn wake(&self, authority: &Authority) -> Option<UpstreamConnection> {
        loop {
            let mut connection = self.take(authority)?;
            let is_open = std::future::poll_fn(|cx| Poll::Ready(connection.is_open(cx))).await;
            if is_open {
                return Some(connection);
            }
        }
    }

    fn take(&self, authority: &Authority) -> Option<UpstreamConnection> {
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
        mut connection: UpstreamConnection,
        authority: &Authority,
        cx: &mut Context<'_>,
    ) {
        if !connection.is_ready(cx) {
            return;
        }
        connection.rest();
        let mut resting = self.lock();
        let is_current = resting.authority.as_ref() == Some(authority);
        if is_current && resting.connections.len() < MAX_IDLE {
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

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::{SocketAddr, TcpListener, TcpStream},
        sync::mpsc,
        thread,
    };

    use axum::body::{Body, Bytes};
    use http_body_util::BodyExt as _;

    use super::*;

    /// An engine that answers one request on each connection, and closes it when it is told to. It says when
    /// it has.
    struct Engine {
        address: SocketAddr,
        close: mpsc::Sender<()>,
        closed: mpsc::Receiver<()>,
    }

    impl Engine {
        fn start() -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let (close, told) = mpsc::channel();
            let (has_closed, closed) = mpsc::channel();
            thread::spawn(move || {
                for stream in listener.incoming() {
                    let stream = answer(stream.unwrap());
                    let is_told = told.recv();
                    drop(stream);
                    if is_told.is_err() || has_closed.send(()).is_err() {
                        return;
                    }
                }
            });
            Self {
                address,
                close,
                closed,
            }
        }
    }

    /// Reads one request and answers it; the connection stays open as long as what is returned.
    fn answer(mut stream: TcpStream) -> TcpStream {
        let mut seen = Vec::new();
        let mut piece = [0; 1024];
        while !seen.ends_with(b"{}") {
            let count = stream.read(&mut piece).unwrap();
            seen.extend_from_slice(&piece[..count]);
        }
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        stream.write_all(answer).unwrap();
        stream
    }

    async fn ask(pool: &Arc<Pool>, address: SocketAddr) -> Result<Bytes, UpstreamError> {
        let request = Request::post(format!("http://{address}/v1/messages"));
        let upload = Upload::new(Body::from("{}"), 1024);
        let answer = Arc::clone(pool).exchange(request.body(upload).unwrap());
        let body = answer.await?.into_body().collect().await;
        Ok(body.map_err(UpstreamError::Exchange)?.to_bytes())
    }

    #[tokio::test]
    async fn a_connection_that_was_closed_a_moment_ago_is_not_used_for_the_next_request() {
        let (engine, pool) = (Engine::start(), Arc::new(Pool::default()));

        for _ in 0..5 {
            assert_eq!(ask(&pool, engine.address).await.unwrap(), "{}");
            assert_eq!(pool.lock().connections.len(), 1);
            // Without an await: the runtime has no chance to learn of it.
            engine.close.send(()).unwrap();
            engine.closed.recv().unwrap();
        }
    }
}
