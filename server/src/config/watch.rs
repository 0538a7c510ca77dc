//! Who may watch the server from outside: the metrics and the collector of traces.

use std::net::SocketAddr;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{SecretsConfig, WatchArguments, parse, parse::Mistakes};

/// As long as a key of 96 bits in hex.
const SHORTEST_TOKEN: usize = 24;
/// What a collector's address ends with, for traces.
const TRACES: &str = "v1/traces";
const PROTOCOL: &str = "http/protobuf";

/// What is told to whom.
#[derive(Clone, Debug, Default)]
pub struct NotificationsConfig {
    /// With it `/metrics` may be read beside the other pages.
    pub metrics_token: Option<SecretString>,
    /// Where `/metrics` is served alone.
    pub metrics_listen: Option<SocketAddr>,
    /// Where traces are posted to.
    pub traces: Option<Url>,
}

impl NotificationsConfig {
    pub(super) fn check(
        arguments: &WatchArguments,
        secrets: &SecretsConfig,
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
        let remedy = "use an IP address and a port, such as 127.0.0.1:9464";
        mistakes.add(
            "METRICS_LISTEN",
            &format!("{text:?} is no address to listen on"),
            remedy,
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

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Program {
        #[command(flatten)]
        arguments: WatchArguments,
    }

    fn check(arguments: &[&str], token: Option<&str>) -> Result<NotificationsConfig, String> {
        let program = Program::parse_from([&["proxypal-server"], arguments].concat());
        let secrets = SecretsConfig {
            metrics_token: token.map(Into::into),
            ..SecretsConfig::default()
        };
        let mut mistakes = Mistakes::default();
        let watch = NotificationsConfig::check(&program.arguments, &secrets, &mut mistakes);
        mistakes.into_result().map(|()| watch)
    }

    #[test]
    fn nothing_is_shown_or_sent_unasked() {
        let watch = check(&["--metrics-listen=", "--otlp-endpoint="], None).unwrap();

        assert!(watch.metrics_token.is_none());
        assert_eq!(watch.metrics_listen, None);
        assert_eq!(watch.traces, None);
    }

    #[test]
    fn traces_go_below_the_collectors_address_or_to_the_one_that_is_whole() {
        let traces = |arguments: &[&str]| check(arguments, None).unwrap().traces.unwrap();
        let below = traces(&["--otlp-endpoint=http://c:4318/base/"]);
        let whole = "--otlp-traces-endpoint=http://t:1/spans";

        assert_eq!(below.as_str(), "http://c:4318/base/v1/traces");
        assert_eq!(
            traces(&["--otlp-endpoint=http://c:4318", whole]).as_str(),
            "http://t:1/spans"
        );
    }

    #[test]
    fn what_would_be_open_to_others_or_not_understood_is_refused_with_the_cure() {
        let token = "0123456789abcdef01234567";
        let public = "--metrics-listen=0.0.0.0:9464";
        assert!(check(&[public], Some(token)).is_ok());
        let grpc = ["--otlp-endpoint=http://c:4317", "--otlp-protocol=grpc"];
        for (arguments, token, variable, remedy) in [
            (&[public][..], None, "METRICS_LISTEN", "METRICS_TOKEN"),
            (&["--metrics-listen=9464"], None, "METRICS_LISTEN", ":9464"),
            (&[], Some("short"), "METRICS_TOKEN", "openssl rand"),
            (&grpc, None, "OTEL_EXPORTER_OTLP_PROTOCOL", "4318"),
            (
                &["--otlp-endpoint=http://me:secret@c"],
                None,
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "OTEL_EXPORTER_OTLP_HEADERS",
            ),
            (
                &["--otlp-endpoint=c:4318"],
                None,
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "https://",
            ),
        ] {
            let report = check(arguments, token).unwrap_err();
            assert!(report.contains(variable), "{report}");
            assert!(report.contains(remedy), "{report}");
            assert!(!report.contains("secret"), "{report}");
        }
    }
}
