//! Requests whose connection may change hands, or is encrypted.

use std::time::Duration;

use anyhow::Context as _;
use axum::http::Request;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

use super::{UpstreamBody, UpstreamError, UpstreamResponse, connection::CONNECT_TIME};
use crate::gateway::body::Upload;

/// Shorter than the ten seconds after which the engine closes a connection that never spoke.
const IDLE_TIME: Duration = Duration::from_secs(8);

/// Sends them.
#[derive(Clone, Debug)]
pub(super) struct Handshaker(Client<HttpsConnector<HttpConnector>, Upload>);

impl Handshaker {
    pub(super) fn new() -> anyhow::Result<Self> {
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
            .build(connector);
        Ok(Self(client))
    }

    pub(super) fn send(
        &self,
        request: Request<Upload>,
    ) -> impl Future<Output = Result<UpstreamResponse, UpstreamError>> + Send + use<> {
        let answer = self.0.request(request);
        async move {
            let answer = answer.await.map_err(UpstreamError::Client)?;
            Ok(answer.map(UpstreamBody::undriven))
        }
    }
}
