//! Probes the local server and the public URL.

use std::{net::SocketAddr, time::Duration};

use chrono::{DateTime, TimeDelta};
use reqwest::header::DATE;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use url::Url;

use super::{Check, Context};
use crate::db::LockHolder;

const TOPIC: &str = "server";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The fields of `/healthz` that the checks use.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ReportedHealth {
    pub(super) instance: Option<String>,
    pub(super) version: Option<String>,
    pub(super) ok: Option<bool>,
    pub(super) engine_state: Option<String>,
}

/// The responses of the local server and of the public URL.
#[derive(Debug)]
pub(super) struct ProbeAnswers {
    /// From the listen address; none when its port is unknown.
    pub(super) here: Option<Result<ReportedHealth, String>>,
    /// From the public URL; none when none is configured.
    pub(super) public: Option<Result<ReportedHealth, String>>,
    /// How far our clock is ahead of the one there.
    pub(super) public_clock_offset: Option<TimeDelta>,
}

impl ProbeAnswers {
    pub(super) async fn gather(context: &Context) -> Self {
        let here = match local(context.config.listen) {
            Some(url) => Some(probe(&url, ProxyUse::Direct, context).await),
            None => None,
        };
        let public = if context.has_public_url {
            Some(probe(&context.config.public_url, ProxyUse::AsOthers, context).await)
        } else {
            None
        };
        Self {
            here: here.map(|answer| answer.map(|(health, _)| health)),
            public_clock_offset: match &public {
                Some(Ok((_, offset))) => *offset,
                Some(Err(_)) | None => None,
            },
            public: public.map(|answer| answer.map(|(health, _)| health)),
        }
    }

    /// The local server, if it responds.
    pub(super) fn running(&self) -> Option<&ReportedHealth> {
        self.here.as_ref()?.as_ref().ok()
    }
}

/// Whether the proxies of the environment (`HTTPS_PROXY`) apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProxyUse {
    Direct,
    AsOthers,
}

/// Checks the local server.
pub(super) fn examine(
    context: &Context,
    answers: &ProbeAnswers,
    holder: LockHolder,
) -> Option<Check> {
    let listen = context.config.listen;
    match (answers.here.as_ref()?, holder) {
        (Ok(health), _) if health.ok == Some(false) => Some(Check::problem(
            TOPIC,
            "runs, but its database does not respond",
            "restart the database; the server reconnects by itself",
        )),
        (Ok(health), LockHolder::None) => Some(
            Check::warning(
                TOPIC,
                format!("one responds on {listen}, but it does not use this database"),
                "run the doctor with the DATA_DIR and DATABASE_URL of that server",
            )
            .with_version(health),
        ),
        (Ok(health), LockHolder::Server(_) | LockHolder::Unknown) => {
            Some(Check::ok(TOPIC, format!("responds on {listen}")).with_version(health))
        }
        (Err(error), LockHolder::Server(pid)) => {
            let holder = pid.map_or_else(|| "a process".to_owned(), |pid| format!("process {pid}"));
            let observed = format!(
                "{holder} has locked the database, but no server responds on {listen}: {error}"
            );
            let remedy = "run the doctor with the HOST and PORT of the server; if they are right, check its log";
            Some(Check::warning(TOPIC, observed, remedy))
        }
        (Err(_), LockHolder::None | LockHolder::Unknown) => {
            Some(Check::ok(TOPIC, format!("not running on {listen}")))
        }
    }
}

impl Check {
    fn with_version(mut self, health: &ReportedHealth) -> Self {
        match health.version.as_deref() {
            Some(env!("CARGO_PKG_VERSION")) | None => self,
            Some(version) => {
                self.observed = format!("{}; its version is {version}", self.observed);
                self
            }
        }
    }
}

/// The URL of a server on this listen address.
fn local(listen: SocketAddr) -> Option<Url> {
    let host = if !listen.ip().is_unspecified() {
        listen.ip()
    } else if listen.is_ipv4() {
        std::net::Ipv4Addr::LOCALHOST.into()
    } else {
        std::net::Ipv6Addr::LOCALHOST.into()
    };
    let address = SocketAddr::new(host, listen.port());
    (listen.port() != 0).then(|| format!("http://{address}/").parse().ok())?
}

pub(super) fn client(proxy: ProxyUse) -> reqwest::Result<reqwest::Client> {
    let builder = crate::tls::http_client()
        .timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none());
    match proxy {
        ProxyUse::Direct => builder.no_proxy().build(),
        ProxyUse::AsOthers => builder.build(),
    }
}

/// A URL with this path below the base.
pub(super) fn below(base: &Url, path: &str) -> String {
    format!("{}/{path}", base.as_str().trim_end_matches('/'))
}

async fn probe(
    base: &Url,
    proxy: ProxyUse,
    context: &Context,
) -> Result<(ReportedHealth, Option<TimeDelta>), String> {
    let mut request = client(proxy).map_err(describe)?.get(below(base, "healthz"));
    // With it the server reports details. It is sent to the local address only.
    if let (ProxyUse::Direct, Some(token)) = (proxy, &context.config.watch.metrics_token) {
        request = request.bearer_auth(token.expose_secret());
    }
    let response = request.send().await.map_err(describe)?;
    let now = context.clock.now();
    let date = response
        .headers()
        .get(DATE)
        .and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let offset = date.map(|date| now - date.to_utc());
    let status = response.status();
    let text = response.text().await.map_err(describe)?;
    let health = serde_json::from_str(&text)
        .map_err(|_| format!("the response {status} is not from this server"))?;
    Ok((health, offset))
}

/// The error with all its causes.
pub(super) fn describe(error: reqwest::Error) -> String {
    format!("{:#}", anyhow::Error::from(error.without_url()))
}
