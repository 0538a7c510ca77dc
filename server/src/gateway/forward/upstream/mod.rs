//! The HTTP client for the engine. The engine may take minutes before it answers; the settings bound it.
//!
//! Plain requests use [`connection`]s of our own, which the task of the client's request drives: no other task has to be woken
//! for each chunk of an answer, and all that has arrived is read and passed on as one frame. WebSocket handshakes, and engines behind
//! TLS, use hyper-util's client.

mod body;
mod close_check;
mod connection;
mod exchange_error;
mod handshake;
mod outgoing;
mod pool;

use std::{sync::Arc, time::Duration};

use axum::http::{Request, Response, uri::Scheme};
use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::time::timeout;

pub(in crate::gateway) use self::{body::UpstreamBody, exchange_error::ExchangeError};
use self::{handshake::Handshaker, pool::Pool};
use crate::gateway::body::Upload;

pub(in crate::gateway) type UpstreamResponse = Response<UpstreamBody>;
/// Dropping it closes the connection.
pub(in crate::gateway) type Awaiting = BoxFuture<'static, Result<UpstreamResponse, UpstreamError>>;

/// Why the engine did not answer.
#[derive(Debug, thiserror::Error)]
pub(in crate::gateway) enum UpstreamError {
    #[error("the engine is not running")]
    NotRunning,
    #[error("the address is invalid at the engine")]
    Address,
    #[error("cannot connect to the engine")]
    Connect(#[source] std::io::Error),
    #[error("the engine did not answer")]
    Exchange(#[source] ExchangeError),
    #[error("the engine did not answer")]
    Client(#[source] hyper_util::client::legacy::Error),
    #[error("the engine did not begin its answer within {} seconds", .0.as_secs())]
    TooSlow(Duration),
}

impl UpstreamError {
    /// Whether there was no connection.
    pub(in crate::gateway) fn is_connect(&self) -> bool {
        match self {
            Self::Connect(_) => true,
            Self::NotRunning | Self::Address | Self::Exchange(_) | Self::TooSlow(_) => false,
            Self::Client(error) => error.is_connect(),
        }
    }

    /// Whether the engine may have received the request.
    pub(in crate::gateway) fn is_sent(&self) -> bool {
        !self.is_connect() && !matches!(self, Self::NotRunning | Self::Address)
    }
}

/// Sends requests to the engine. Cheap to clone.
#[derive(Clone, Debug)]
pub(in crate::gateway) struct Upstream {
    pool: Arc<Pool>,
    handshaker: Handshaker,
}

impl Upstream {
    pub(in crate::gateway) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            pool: Arc::default(),
            handshaker: Handshaker::new()?,
        })
    }

    /// Sends a request. The answer must begin within the limit, the upload included.
    pub(in crate::gateway) fn send(&self, request: Request<Upload>, limit: Duration) -> Awaiting {
        if request.uri().scheme() == Some(&Scheme::HTTPS) {
            return within(limit, self.handshaker.send(request)).boxed();
        }
        within(limit, Arc::clone(&self.pool).exchange(request)).boxed()
    }

    /// Sends a request whose connection may become a WebSocket.
    pub(in crate::gateway) fn shake_hands(
        &self,
        request: Request<Upload>,
        limit: Duration,
    ) -> Awaiting {
        within(limit, self.handshaker.send(request)).boxed()
    }
}

async fn within(
    limit: Duration,
    answer: impl Future<Output = Result<UpstreamResponse, UpstreamError>>,
) -> Result<UpstreamResponse, UpstreamError> {
    let answer = timeout(limit, answer).await;
    answer.unwrap_or(Err(UpstreamError::TooSlow(limit)))
}
