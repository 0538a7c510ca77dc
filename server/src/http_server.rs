//! Accepts connections and serves them over HTTP/1.1, until told to stop. Every connection is bounded: in
//! its number, in the time for heads and bodies, and in how long its client may leave an answer unread.

mod connections;
mod io;
mod response;

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioTimer;
use ipnet::IpNet;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

use self::{
    connections::{Activity, Connections, Permit},
    io::TimedIo,
    response::ServedBody,
};
use crate::{
    client_address::PeerAddress,
    deadlines::{Deadlines, TimedBody},
    outage::{FLAPPING, Outage},
};

/// The longest head of a request, in bytes.
const LONGEST_HEAD: usize = 64 * 1024;
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Whether the process can accept connections; it has one table of open files.
static ACCEPTING: Outage = Outage::new(FLAPPING);
/// The response to a client with too many connections. It costs one system call.
const REFUSAL: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\nretry-after: 5\r\n\
    content-type: text/plain\r\ncontent-length: 48\r\n\r\nThere are too many connections from your address";

/// What bounds the connections of a server.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// Open at once. When there are more, idle ones are closed; while all are busy, further ones wait in
    /// the system's queue.
    pub connections: usize,
    /// Open at once from one address (IPv6: from one /64), unless it is exempt; `None` for any number.
    pub per_address: Option<usize>,
    /// Networks whose connections are not counted by address, such as those of reverse proxies.
    pub exempt: Vec<IpNet>,
    /// Memory for what clients have sent and the engine has not been given, in bytes.
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

/// When a server ends.
#[derive(Clone, Debug)]
pub struct ShutdownPhase {
    /// Asks it to take no more requests and let the running ones end.
    pub stop: CancellationToken,
    /// How long they may.
    pub grace: Duration,
    /// Cuts off what runs after that.
    pub deadline: CancellationToken,
}

/// Serves until told to stop, and returns when the last connection is gone. `under_way` counts what
/// may outlive its connection: sockets and abandoned answers.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    ending: ShutdownPhase,
    under_way: TaskTracker,
) {
    let deadlines = limits.deadlines;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(deadlines.head)
        .max_header_size(LONGEST_HEAD);
    keep_alive(&listener);
    let connections = TaskTracker::new();
    let open = Connections::new(limits);
    let accepting = || accept(&listener, &open, &ending.stop);
    while let Some(accepted) = ending.stop.run_until_cancelled(accepting()).await {
        let Accepted {
            stream,
            peer,
            permit,
            activity,
        } = accepted;
        let (router, noted) = (router.clone(), Arc::clone(&activity));
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(PeerAddress(peer));
            let body = |body| Body::new(TimedBody::new(body, deadlines.progress));
            answer(router.clone(), request.map(body), Arc::clone(&noted))
        });
        let stream = TimedIo::new(stream, deadlines.write_stall, permit);
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
                // It ends after the request that is under way.
                connection.as_mut().graceful_shutdown();
                connection.await
            };
            if let Some(Err(error)) = deadline.run_until_cancelled(served).await {
                tracing::trace!(%error, "a connection ended badly");
            }
        });
    }
    drop(listener);
    end(&connections, &under_way, &ending).await;
}

/// Lets what runs end, for as long as it may.
async fn end(connections: &TaskTracker, under_way: &TaskTracker, ending: &ShutdownPhase) {
    connections.close();
    under_way.close();
    let all_ended = async { tokio::join!(connections.wait(), under_way.wait()) };
    if timeout(ending.grace, all_ended).await.is_err() {
        tracing::warn!("some answers did not end in time and are cut off");
    }
    ending.deadline.cancel();
    connections.wait().await;
}

/// A connection that may stay.
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
                // Out of file handles, say: idle connections make room.
                if ACCEPTING.failed() {
                    tracing::warn!(%error, "cannot accept connections; trying again until it works");
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
            tracing::debug!(%error, "cannot send small packets at once");
        }
        return Accepted {
            stream,
            peer,
            permit,
            activity,
        };
    }
}

/// Notices peers that vanished without a word. Accepted connections inherit it.
fn keep_alive(listener: &TcpListener) {
    let keep_alive = TcpKeepalive::new()
        .with_time(Duration::from_mins(1))
        .with_interval(Duration::from_secs(15));
    if let Err(error) = SockRef::from(listener).set_tcp_keepalive(&keep_alive) {
        tracing::debug!(%error, "cannot notice clients that vanished");
    }
}

async fn answer(
    router: Router,
    request: Request<Body>,
    activity: Arc<Activity>,
) -> Result<Response<ServedBody>, Infallible> {
    let busy = activity.begin();
    let response = router.oneshot(request).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        activity.upgrade();
    }
    Ok(response.map(|body| ServedBody::new(body, busy)))
}
