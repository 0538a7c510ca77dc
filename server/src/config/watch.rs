//! Who may watch the server from outside: the metrics and the collector of traces.

use std::net::SocketAddr;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{Secrets, WatchArguments, parse, parse::Mistakes};

/// As long as a key of 96 bits in hex.
const SHORTEST_TOKEN: usize = 24;
/// What a collector's address ends with, for traces.
const TRACES: &str = "v1/traces";
const PROTOCOL: &str = "http/protobuf";

/// What is told to whom.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// With it `/metrics` may be read beside the other pages.
    pub metrics_token: Option<SecretString>,
    /// Where `/metrics` is served alone.
    pub metrics_listen: Option<SocketAddr>,
    /// Where traces are posted to.
    pub traces: Option<Url>,
}

impl Watch {
    pub(super) fn check(
        arguments: &WatchArguments,
        secrets: &Secrets,
        mistakes: &mut Mistakes,
    ) -> Self {
        let metrics_token = secrets.metrics_token.clone();
        if let Some(token) = &metrics_token
            && token.expose_secret().chars().count() < SHORTEST_TOKEN
        {
            mistakes.add(
                "METRICS_TOKEN",
                "it is short enough to be guessed",
                "use at least 24 characters, such as the output of: openssl rand -hex 24",
            );
        }
        Self {
            metrics_listen: metrics_listen(arguments, metrics_token.is_some(), mistakes),
            metrics_token,
            traces: traces(arguments, mistakes),
        }
    }
}

/// Reachable from other machines, the metrics need a token.
fn metrics_listen(
    arguments: &WatchArguments,
    has_token: bool,
    mistakes: &mut Mistakes,
) -> Option<SocketAddr> {
    let text = told(arguments.metrics_listen.as_ref())?;
    let Ok(address) = text.parse::<SocketAddr>() else {
        let cure = "use an IP address and a port, such as 127.0.0.1:9464";
        mistakes.add(
            "METRICS_LISTEN",
            &format!("{text:?} is no address to listen on"),
            cure,
        );
        return None;
    };
    if !address.ip().is_loopback() && !has_token {
        mistakes.add(
            "METRICS_LISTEN",
            "other machines can reach it, and there is no token",
            "set METRICS_TOKEN too, or listen on 127.0.0.1",
        );
    }
    Some(address)
}

fn traces(arguments: &WatchArguments, mistakes: &mut Mistakes) -> Option<Url> {
    let (variable, text, is_whole) = match (
        told(arguments.otlp_traces_endpoint.as_ref()),
        told(arguments.otlp_endpoint.as_ref()),
    ) {
        (Some(text), _) => ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", text, true),
        (None, Some(text)) => ("OTEL_EXPORTER_OTLP_ENDPOINT", text, false),
        (None, None) => return None,
    };
    if let Some(protocol) = told(arguments.otlp_protocol.as_ref())
        && protocol != PROTOCOL
    {
        mistakes.add(
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            &format!("{protocol:?} is not spoken here"),
            "use http/protobuf and the collector's port for it, 4318 as a rule",
        );
    }
    let mut url = parse::web_url(variable, text, mistakes)?;
    if !url.username().is_empty() || url.password().is_some() {
        mistakes.add(
            variable,
            "it has a name or password in it, which would show in errors",
            "put credentials into OTEL_EXPORTER_OTLP_HEADERS",
        );
    }
    if !is_whole {
        let path = format!("{}/{TRACES}", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }
    Some(url)
}

/// A variable that is set to nothing says nothing.
fn told(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}
