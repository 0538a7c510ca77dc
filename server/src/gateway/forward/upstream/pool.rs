//! Idle connections to the engine.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::{
    Request, Response,
    header::HOST,
    uri::{Authority, PathAndQuery, Uri},
};
use http1::AnswerHead;
use hyper::ext::ReasonPhrase;

use super::{
    UpstreamBody, UpstreamError, UpstreamResponse,
    body::Link,
    connection::{Unsent, UpstreamConnection},
    outgoing::OutgoingRequest,
};
use crate::gateway::body::Upload;

/// More connections are opened in a burst, and closed when it is over.
const MAX_IDLE: usize = 256;
/// Connections that are opened for one request, should the engine close them before the request is written.
const MAX_OPENED: u32 = 2;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The idle connections of each engine process, reused LIFO.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Vec<Idle>>);

/// Of one process. There are few, so they are searched one after another.
#[derive(Debug)]
struct Idle {
    authority: Authority,
    connections: VecDeque<Box<UpstreamConnection>>,
}

impl Pool {
    /// Sends a request over an idle connection, or a new one.
    pub(super) async fn exchange(
        self: Arc<Self>,
        request: Request<Upload>,
    ) -> Result<UpstreamResponse, UpstreamError> {
        let (request, authority) = addressed(request);
        let mut request = OutgoingRequest::new(request);
        let mut opened = 0;
        loop {
            let mut connection = if let Some(connection) = self.take_open(&authority) {
                connection
            } else {
                opened += 1;
                Box::new(UpstreamConnection::open(&authority).await?)
            };
            match connection.exchange(request).await {
                Ok(head) => {
                    let link = Link {
                        connection,
                        pool: self,
                        authority,
                    };
                    return Ok(response(head, link));
                }
                // The engine closed the connection before any of the request was written. A request that was written in part is
                // never retried: the engine may have forwarded it.
                Err(Unsent {
                    request: Some(unsent),
                    ..
                }) if opened < MAX_OPENED => request = unsent,
                Err(Unsent { error, .. }) => return Err(UpstreamError::Exchange(error)),
            }
        }
    }

    /// Takes the most recently used connection that is still open.
    fn take_open(&self, authority: &Authority) -> Option<Box<UpstreamConnection>> {
        loop {
            let connection = self.take(authority)?;
            if connection.is_open() {
                return Some(connection);
            }
        }
    }

    fn take(&self, authority: &Authority) -> Option<Box<UpstreamConnection>> {
        let mut all = self.lock();
        if let Some(idle) = all.iter_mut().find(|idle| idle.authority == *authority) {
            return idle.connections.pop_back();
        }
        // An engine was started, perhaps in place of another one.
        let (current, stale) = mem::take(&mut *all).into_iter().partition(Idle::is_in_use);
        *all = current;
        all.push(Idle {
            authority: authority.clone(),
            connections: VecDeque::new(),
        });
        drop(all);
        // Closes the connections.
        drop::<Vec<_>>(stale);
        None
    }

    /// Keeps a connection, if it can be used again.
    pub(super) fn put(&self, mut connection: Box<UpstreamConnection>, authority: &Authority) {
        if !connection.is_reusable() {
            return;
        }
        connection.set_idle();
        let mut all = self.lock();
        let Some(idle) = all.iter_mut().find(|idle| idle.authority == *authority) else {
            return;
        };
        if idle.connections.len() < MAX_IDLE {
            idle.connections.push_back(connection);
        }
        while idle
            .connections
            .front()
            .is_some_and(|oldest| oldest.idle_time() > IDLE_TIMEOUT)
        {
            idle.connections.pop_front();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    /// Whether a connection was used lately.
    fn is_in_use(&self) -> bool {
        let latest = self.connections.back();
        latest.is_some_and(|latest| latest.idle_time() <= IDLE_TIMEOUT)
    }
}

fn response(head: AnswerHead, link: Link) -> UpstreamResponse {
    let mut response = Response::new(UpstreamBody::new(head.body, link));
    *response.status_mut() = head.status;
    *response.version_mut() = head.version;
    *response.headers_mut() = head.headers;
    let reason = head.reason.map(ReasonPhrase::try_from);
    if let Some(Ok(reason)) = reason {
        response.extensions_mut().insert(reason);
    }
    response
}

/// Replaces the absolute URI, which is for proxies, by a path and a `Host`.
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
    if !request.headers().contains_key(HOST)
        && let Ok(host) = authority.as_str().parse()
    {
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

    /// An engine that answers one request per connection, and closes the connection on a signal. It signals when that is done.
    struct Engine {
        address: SocketAddr,
        close: mpsc::Sender<()>,
        closed: mpsc::Receiver<()>,
    }

    impl Engine {
        fn start() -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let (close, should_close) = mpsc::channel();
            let (has_closed, closed) = mpsc::channel();
            thread::spawn(move || {
                for stream in listener.incoming() {
                    let stream = answer(stream.unwrap());
                    let signal = should_close.recv();
                    drop(stream);
                    if signal.is_err() || has_closed.send(()).is_err() {
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

    /// Reads one request and answers it. The connection stays open until the stream is dropped.
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
    async fn connections_of_two_engines_are_kept() {
        let (one, other) = (Engine::start(), Engine::start());
        let pool = Arc::new(Pool::default());

        ask(&pool, one.address).await.unwrap();
        ask(&pool, other.address).await.unwrap();

        let kept: Vec<_> = pool
            .lock()
            .iter()
            .map(|idle| idle.connections.len())
            .collect();
        assert_eq!(kept, [1, 1]);
    }

    #[tokio::test]
    async fn a_connection_that_the_engine_has_just_closed_is_not_reused() {
        let (engine, pool) = (Engine::start(), Arc::new(Pool::default()));

        for _ in 0..5 {
            assert_eq!(ask(&pool, engine.address).await.unwrap(), "{}");
            assert_eq!(pool.lock()[0].connections.len(), 1);
            // Without an await, so that the runtime cannot notice it.
            engine.close.send(()).unwrap();
            engine.closed.recv().unwrap();
        }
    }
}
