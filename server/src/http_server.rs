//! Accepts connections and serves them over HTTP/1.1, until told to stop.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Request, Response},
};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{ServiceExt as _, util::Oneshot};

use crate::{
    client_address::PeerAddress,
    outage::{FLAPPING, Outage},
};

/// Connections at once; further ones wait in the system's queue.
const CONNECTIONS: usize = 20_000;
/// How long a client may take for the head of a request, or rest between two.
const HEAD_TIME: Duration = Duration::from_secs(75);
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Whether the process can accept connections; it has one table of open files.
static ACCEPTING: Outage = Outage::new(FLAPPING);

/// When a server ends.
#[derive(Clone, Debug)]
pub struct Ending {
    /// Asks it to take no more requests and let the running ones end.
    pub stop: CancellationToken,
    /// How long they may.
    pub grace: Duration,
    /// Cuts off what runs after that.
    pub deadline: CancellationToken,
}

/// Serves until told to stop, and returns when the last connection is gone. `under_way` counts what
/// may outlive its connection: sockets and abandoned answers.
pub async fn serve(listener: TcpListener, router: Router, ending: Ending, under_way: TaskTracker) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
    let connections = TaskTracker::new();
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    while let Some(stream) = ending.stop.run_until_cancelled(accept(&listener)).await {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
            break;
        };
        let service = Service::new(&stream, router.clone());
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let (stop, deadline) = (ending.stop.clone(), ending.deadline.clone());
        connections.spawn(async move {
            let _slot = slot;
            let served = run(connection.with_upgrades(), stop);
            if let Some(Err(error)) = deadline.run_until_cancelled(served).await {
                tracing::trace!(%error, "a connection ended badly");
            }
        });
    }
    drop(listener);
    connections.close();
    under_way.close();
    let all_ended = async { tokio::join!(connections.wait(), under_way.wait()) };
    if timeout(ending.grace, all_ended).await.is_err() {
        tracing::warn!("some answers did not end in time and are cut off");
    }
    ending.deadline.cancel();
    connections.wait().await;
}

/// One connection; told to stop, it ends after the request that is under way.
async fn run(
    connection: http1::UpgradeableConnection<TokioIo<TcpStream>, Service>,
    stop: CancellationToken,
) -> hyper::Result<()> {
    let mut connection = pin!(connection);
    tokio::select! {
        result = connection.as_mut() => return result,
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if let Some(ended) = ACCEPTING.worked() {
                    let elapsed_ms = ended.lasted_ms();
                    tracing::info!(elapsed_ms, "connections are accepted again");
                }
                return stream;
            }
            Err(error) => {
                // Out of file handles, say: others will be closed.
                if ACCEPTING.failed() {
                    tracing::warn!(%error, "cannot accept connections; trying again until it works");
                }
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Hands requests to the router, each with the address it comes from.
#[derive(Clone, Debug)]
struct Service {
    router: Router,
    peer: Option<PeerAddress>,
}

impl Service {
    fn new(stream: &TcpStream, router: Router) -> Self {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot send small packets at once");
        }
        let peer = stream.peer_addr().ok().map(PeerAddress);
        Self { router, peer }
    }
}

impl hyper::service::Service<Request<Incoming>> for Service {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Oneshot<Router, Request<Body>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(peer);
        }
        self.router.clone().oneshot(request.map(Body::new))
    }
}
