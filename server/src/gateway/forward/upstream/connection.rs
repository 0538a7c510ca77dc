//! A connection to the engine, driven by the request that uses it.

use std::{
    future::Future as _,
    io,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use axum::http::{Request, Response, uri::Authority};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};

use super::{UpstreamError, close_check::CloseCheck};
use crate::{gateway::body::Upload, observed_io::ObservedIo};

pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

type Driver = http1::Connection<TokioIo<ObservedIo<TcpStream, CloseCheck>>, Upload>;

pub(super) struct UpstreamConnection {
    sender: SendRequest<Upload>,
    /// `None` once the connection is closed.
    driver: Option<Pin<Box<Driver>>>,
    idle_since: Instant,
    close_check: CloseCheck,
}

/// Why a request got no answer, and the request if it was not sent.
pub(super) struct Unsent {
    pub(super) error: hyper::Error,
    pub(super) request: Option<Request<Upload>>,
}

impl UpstreamConnection {
    pub(super) async fn open(authority: &Authority) -> Result<Self, UpstreamError> {
        let host = authority.host().trim_matches(['[', ']']);
        let port = authority.port_u16().unwrap_or(80);
        let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect((host, port)))
            .await
            .map_err(|_| UpstreamError::Connect(io::ErrorKind::TimedOut.into()))?
            .map_err(UpstreamError::Connect)?;
        stream.set_nodelay(true).map_err(UpstreamError::Connect)?;
        let close_check = CloseCheck::default();
        let stream = ObservedIo::new(stream, close_check.clone());
        let (sender, driver) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(UpstreamError::Exchange)?;
        Ok(Self {
            sender,
            driver: Some(Box::pin(driver)),
            idle_since: Instant::now(),
            close_check,
        })
    }

    /// Reads and writes what is possible now, and wakes the task when there is more.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        let Some(driver) = &mut self.driver else {
            return;
        };
        // The answer that failed reports the error.
        if driver.as_mut().poll(cx).is_ready() {
            self.driver = None;
        }
    }

    /// Whether it can be used for another request, as far as the runtime knows.
    pub(super) fn is_ready(&mut self, cx: &mut Context<'_>) -> bool {
        self.drive(cx);
        self.driver.is_some() && self.sender.is_ready()
    }

    /// Whether it can be used for another request. Costs one system call.
    pub(super) fn is_open(&mut self, cx: &mut Context<'_>) -> bool {
        self.close_check.set(true);
        let is_ready = self.is_ready(cx);
        self.close_check.set(false);
        is_ready
    }

    pub(super) fn set_idle(&mut self) {
        self.idle_since = Instant::now();
    }

    pub(super) fn idle_time(&self) -> Duration {
        self.idle_since.elapsed()
    }

    /// Resolves with the head of the answer.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Upload>,
    ) -> Result<Response<Incoming>, Unsent> {
        let mut answer = pin!(self.sender.try_send_request(request));
        std::future::poll_fn(|cx| {
            if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
                return Poll::Ready(answer);
            }
            self.drive(cx);
            answer.as_mut().poll(cx)
        })
        .await
        .map_err(|mut unsent| Unsent {
            request: unsent.take_message(),
            error: unsent.into_error(),
        })
    }
}

impl std::fmt::Debug for UpstreamConnection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Connection").finish_non_exhaustive()
    }
}
