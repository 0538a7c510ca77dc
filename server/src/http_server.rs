//! Accepts connections and serves HTTP/1.1 until cancelled. Bounds the number of connections, the time for heads and
//! bodies, and how long a client may leave a response unread.

mod connections;
mod response;
mod write_stall;

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{ServiceExt as _, util::Oneshot};

use self::{
    connections::{Activity, Busy, Connections, Permit},
    response::ServedBody,
    write_stall::WriteStall,
};
use crate::{
    client_address::PeerAddress,
    deadlines::{Deadlines, TimedBody},
    observed_io::ObservedIo,
    outage::{FLAPPING, Outage},
};

/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 64 * 1024;
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often it is checked within the limit whether a connection is idle, and the bounds of the pause between two checks.
const IDLE_CHECKS: u32 = 16;
const MIN_IDLE_PAUSE: Duration = Duration::from_millis(10);
const MAX_IDLE_PAUSE: Duration = Duration::from_secs(5);
/// Logs failures to accept; the process has one table of open files.
static ACCEPTING: Outage = Outage::new(FLAPPING);
/// The response to a client with too many connections. It costs one system call.
const REFUSAL: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\nretry-after: 5\r\n\
    content-type: text/plain\r\ncontent-length: 48\r\n\r\nThere are too many connections from your address";

/// The limits of a server's connections.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// The most open connections. Beyond it idle ones are closed; while all are busy, new ones wait in the system's
    /// backlog.
    pub connections: usize,
    /// The most open connections per client address (IPv6: per /64); `None` is unlimited.
    pub per_address: Option<usize>,
    /// Networks exempt from the limit per address, such as those of reverse proxies.
    pub exempt: Vec<IpNet>,
    /// Memory for received data that was not yet forwarded to the engine, in bytes.
    pub held_bytes: usize,
    pub deadlines: Deadlines,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            per_address: Some(512),
            exempt: Vec::new(),
            held_bytes: 512 * 1024 * 1024,
            deadlines: Deadlines::default(),
        }
    }
}

/// The shutdown of a server.
#[derive(Clone, Debug)]
pub struct ShutdownPhase {
    /// Stops accepting; requests in flight continue.
    pub stop: CancellationToken,
    /// The grace period of requests in flight.
    pub grace: Duration,
    /// Cuts off the remaining requests.
    pub deadline: CancellationToken,
}

/// Answers the requests of all connections.
pub trait RequestHandler: Clone + Send + Sync + 'static {
    type Future: Future<Output = Result<Response<Body>, Infallible>> + Send;

    /// Answers a request of a connection from this peer.
    fn handle(&self, request: Request<Body>, peer: PeerAddress) -> Self::Future;
}

/// Handlers of the router find the peer in the extensions of a request.
impl RequestHandler for Router {
    type Future = Oneshot<Self, Request<Body>>;

    fn handle(&self, mut request: Request<Body>, peer: PeerAddress) -> Self::Future {
        request.extensions_mut().insert(peer);
        self.clone().oneshot(request)
    }
}

/// Serves until `ending.stop` is cancelled; returns when the last connection is closed. `in_flight` tracks tasks that may
/// outlive their connection: sockets and abandoned responses.
pub async fn serve<H: RequestHandler>(
    listener: TcpListener,
    handler: H,
    limits: ConnectionLimits,
    ending: ShutdownPhase,
    in_flight: TaskTracker,
) {
    let deadlines = limits.deadlines;
    let mut http = http1::Builder::new();
    // A timer for each head would cost more than looking through all connections now and then.
    http.header_read_timeout(None).max_header_size(MAX_HEAD);
    keep_alive(&listener);
    let connections = TaskTracker::new();
    let open = Connections::new(limits);
    connections.spawn(close_idle(
        open.clone(),
        deadlines.head,
        ending.stop.clone(),
    ));
    let accepting = || accept(&listener, &open, &ending.stop);
    while let Some(accepted) = ending.stop.run_until_cancelled(accepting()).await {
        let Accepted {
            stream,
            peer,
            permit,
            activity,
        } = accepted;
        let (handler, noted) = (handler.clone(), Arc::clone(&activity));
        let service = service_fn(move |request: Request<Incoming>| {
            let busy = noted.begin();
            let body = |body| Body::new(TimedBody::new(body, deadlines.progress));
            answer(handler.handle(request.map(body), PeerAddress(peer)), busy)
        });
        let stall = WriteStall::new(deadlines.write_stall, permit);
        let stream = TokioIo::new(ObservedIo::new(stream, stall));
        let connection = http.serve_connection(stream, service).with_upgrades();
        let (stop, deadline) = (ending.stop.clone(), ending.deadline.clone());
        connections.spawn(async move {
            let served = async {
                let mut connection = pin!(connection);
                tokio::select! {
                    result = connection.as_mut() => return result,
                    () = activity.end.cancelled() => {}
                }
                if !stop.is_cancelled() && activity.is_idle() {
                    // Evicted.
                    return Ok(());
                }
                // The connection ends after its current request.
                connection.as_mut().graceful_shutdown();
                connection.await
            };
            if let Some(Err(error)) = deadline.run_until_cancelled(served).await {
                tracing::trace!(%error, "a connection ended with an error");
            }
        });
    }
    drop(listener);
    end(&connections, &in_flight, &ending).await;
}

/// Closes idle connections in time, until the server stops.
async fn close_idle(open: Connections, limit: Duration, stop: CancellationToken) {
    let pause = (limit / IDLE_CHECKS).clamp(MIN_IDLE_PAUSE, MAX_IDLE_PAUSE);
    while stop.run_until_cancelled(sleep(pause)).await.is_some() {
        open.close_idle(limit);
    }
}

/// Waits for requests in flight, at most the grace period.
async fn end(connections: &TaskTracker, in_flight: &TaskTracker, ending: &ShutdownPhase) {
    connections.close();
    in_flight.close();
    let all_ended = async { tokio::join!(connections.wait(), in_flight.wait()) };
    if timeout(ending.grace, all_ended).await.is_err() {
        tracing::warn!("some requests did not end in time and are cut off");
    }
    ending.deadline.cancel();
    connections.wait().await;
}

/// An accepted connection.
struct Accepted {
    stream: TcpStream,
    peer: SocketAddr,
    permit: Permit,
    activity: Arc<Activity>,
}

async fn accept(listener: &TcpListener, open: &Connections, stop: &CancellationToken) -> Accepted {
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // For example no file descriptors: close idle connections.
                if ACCEPTING.failed() {
                    tracing::warn!(%error, "cannot accept connections; retrying");
                }
                open.evict_some();
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        if let Some(ended) = ACCEPTING.worked() {
            let elapsed_ms = ended.lasted_ms();
            tracing::info!(elapsed_ms, "connections are accepted again");
        }
        let Ok((permit, activity)) = open.admit(Some(peer.ip()), stop.child_token()).await else {
            tracing::debug!(%peer, "an address has too many connections");
            let _ = stream.try_write(REFUSAL);
            continue;
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        return Accepted {
            stream,
            peer,
            permit,
            activity,
        };
    }
}

/// Enables TCP keep-alive, which detects vanished peers. Accepted connections inherit it.
fn keep_alive(listener: &TcpListener) {
    let keep_alive = TcpKeepalive::new()
        .with_time(Duration::from_mins(1))
        .with_interval(Duration::from_secs(15));
    if let Err(error) = SockRef::from(listener).set_tcp_keepalive(&keep_alive) {
        tracing::debug!(%error, "cannot set TCP keep-alive");
    }
}

async fn answer(
    response: impl Future<Output = Result<Response<Body>, Infallible>>,
    busy: Busy,
) -> Result<Response<ServedBody>, Infallible> {
    let response = response.await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        busy.upgrade();
    }
    Ok(response.map(|body| ServedBody::new(body, busy)))
}
