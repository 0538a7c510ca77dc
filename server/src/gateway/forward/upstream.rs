//! The connections to the engine.

use std::time::Duration;

use anyhow::Context as _;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, ResponseFuture, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

use crate::gateway::body::Upload;

const CONNECT_TIME: Duration = Duration::from_secs(5);
/// Shorter than the ten seconds after which the engine closes a connection that never spoke.
const IDLE_TIME: Duration = Duration::from_secs(8);
const IDLE_CONNECTIONS: usize = 512;

/// What the engine answers with.
pub(in crate::gateway) type UpstreamBody = Incoming;
/// Why the engine did not answer.
pub(in crate::gateway) type UpstreamError = hyper_util::client::legacy::Error;

/// Sends requests to the engine. There is no time limit for an answer: the engine may think for minutes.
#[derive(Clone, Debug)]
pub(in crate::gateway) struct Upstream(Client<HttpsConnector<HttpConnector>, Upload>);

impl Upstream {
    pub(in crate::gateway) fn new() -> anyhow::Result<Self> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIME));
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_platform_verifier(rustls::crypto::aws_lc_rs::default_provider())
            .context("cannot set up TLS")?
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIME)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        Ok(Self(client))
    }

    /// Sends one request. The future goes on when nobody waits for it, if somebody polls it.
    pub(in crate::gateway) fn send(&self, request: Request<Upload>) -> ResponseFuture {
        self.0.request(request)
    }
}

/// An answer of the engine.
pub(in crate::gateway) type Answer = Response<UpstreamBody>;
