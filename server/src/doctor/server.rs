//! Whether a server runs here, and whether the public URL leads to it.

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

/// What a server says of itself, as far as we need it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ReportedHealth {
    pub(super) instance: Option<String>,
    pub(super) version: Option<String>,
    pub(super) ok: Option<bool>,
    pub(super) engine_state: Option<String>,
}

/// What was answered here and there.
#[derive(Debug)]
pub(super) struct ProbeAnswers {
    /// On the address listened on; none when that is not known.
    pub(super) here: Option<Result<ReportedHealth, String>>,
    /// At the public URL; none when there is no other than the address listened on.
    pub(super) public: Option<Result<ReportedHealth, String>>,
    /// How far our clock is before the one there.
    pub(super) public_clock_behind: Option<TimeDelta>,
}

impl ProbeAnswers {
    pub(super) async fn gather(context: &Context) -> Self {
        let here = match local(context.config.listen) {
            Some(url) => Some(ask(&url, ProxyUse::Direct, context).await),
            None => None,
        };
        let public = if context.public_url_is_told {
            Some(ask(&context.config.public_url, ProxyUse::AsOthers, context).await)
        } else {
            None
        };
        Self {
            here: here.map(|answer| answer.map(|(health, _)| health)),
            public_clock_behind: match &public {
                Some(Ok((_, behind))) => *behind,
                Some(Err(_)) | None => None,
            },
            public: public.map(|answer| answer.map(|(health, _)| health)),
        }
    }

    /// The server that runs here, if it answers.
    pub(super) fn running(&self) -> Option<&ReportedHealth> {
        self.here.as_ref()?.as_ref().ok()
    }
}

/// Whether the proxies of the environment are for this address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProxyUse {
    Direct,
    AsOthers,
}

/// What looks at a running server.
pub(super) fn examine(
    context: &Context,
    answers: &ProbeAnswers,
    holder: LockHolder,
) -> Option<Check> {
    let listen = context.config.listen;
    match (answers.here.as_ref()?, holder) {
        (Ok(health), _) if health.ok == Some(false) => Some(Check::problem(
            TOPIC,
            "it runs, and its database does not answer",
            "restart the database; the server finds it again by itself",
        )),
        (Ok(health), LockHolder::Nobody) => Some(
            Check::warning(
                TOPIC,
                format!("one answers on {listen}, and it does not use this database"),
                "give the doctor the DATA_DIR and DATABASE_URL of that server",
            )
            .with_version(health),
        ),
        (Ok(health), LockHolder::Server(_) | LockHolder::Unknown) => {
            Some(Check::ok(TOPIC, format!("it answers on {listen}")).with_version(health))
        }
        (Err(error), LockHolder::Server(pid)) => {
            let who = pid.map_or_else(|| "a process".to_owned(), |pid| format!("process {pid}"));
            let seen = format!("{who} has the database, and nobody answers on {listen}: {error}");
            let remedy = "give the doctor the HOST and PORT of the server; if they are right, look into its log";
            Some(Check::warning(TOPIC, seen, remedy))
        }
        (Err(_), LockHolder::Nobody | LockHolder::Unknown) => {
            Some(Check::ok(TOPIC, format!("none runs on {listen}")))
        }
    }
}

impl Check {
    fn with_version(mut self, health: &ReportedHealth) -> Self {
        match health.version.as_deref() {
            Some(env!("CARGO_PKG_VERSION")) | None => self,
            Some(version) => {
                self.seen = format!("{}; it is of version {version}", self.seen);
                self
            }
        }
    }
}

/// Where a server would be reached from here.
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

pub(super) fn client(way: ProxyUse) -> reqwest::Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none());
    match way {
        ProxyUse::Direct => builder.no_proxy().build(),
        ProxyUse::AsOthers => builder.build(),
    }
}

/// An address below a base.
pub(super) fn below(base: &Url, path: &str) -> String {
    format!("{}/{path}", base.as_str().trim_end_matches('/'))
}

async fn ask(
    base: &Url,
    way: ProxyUse,
    context: &Context,
) -> Result<(ReportedHealth, Option<TimeDelta>), String> {
    let mut request = client(way).map_err(words)?.get(below(base, "healthz"));
    // With it the server reports details. It is sent to the local address only.
    if let (ProxyUse::Direct, Some(token)) = (way, &context.config.watch.metrics_token) {
        request = request.bearer_auth(token.expose_secret());
    }
    let answer = request.send().await.map_err(words)?;
    let now = context.clock.now();
    let date = answer
        .headers()
        .get(DATE)
        .and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let behind = date.map(|date| now - date.to_utc());
    let status = answer.status();
    let text = answer.text().await.map_err(words)?;
    let health = serde_json::from_str(&text)
        .map_err(|_| format!("it answers {status}, but not as this server does"))?;
    Ok((health, behind))
}

/// The whole chain of causes: the first says little.
pub(super) fn words(error: reqwest::Error) -> String {
    format!("{:#}", anyhow::Error::from(error.without_url()))
}
