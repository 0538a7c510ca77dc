//! Requests whose connection may be upgraded, or is encrypted.

use std::time::Duration;

use anyhow::Context as _;
use axum::http::Request;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

use super::{UpstreamBody, UpstreamError, UpstreamResponse, connection::CONNECT_TIMEOUT};
use crate::gateway::body::Upload;

/// The engine closes a connection that has sent nothing after ten seconds; this is shorter.
const IDLE_TIMEOUT: Duration = Duration::from_secs(8);

#[derive(Clone, Debug)]
pub(super) struct Handshaker(Client<HttpsConnector<HttpConnector>, Upload>);

impl Handshaker {
    pub(super) fn new() -> anyhow::Result<Self> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(crate::tls::client_config().context("cannot set up TLS")?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
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
            Ok(answer.map(UpstreamBody::from))
        }
    }
}
