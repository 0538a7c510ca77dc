//! Options of the metrics and traces.

use std::net::SocketAddr;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{MonitoringArguments, SecretsConfig, parse, parse::ConfigErrors};

/// The length of 96 bits in hex.
const MINIMUM_TOKEN_LENGTH: usize = 24;
/// The path of traces below an OTLP endpoint.
const TRACES_PATH: &str = "v1/traces";
const PROTOCOL: &str = "http/protobuf";

/// Where metrics and traces go.
#[derive(Clone, Debug, Default)]
pub struct MonitoringConfig {
    /// Enables `/metrics` on the main listener.
    pub metrics_token: Option<SecretString>,
    /// The separate listener of `/metrics`.
    pub metrics_listen: Option<SocketAddr>,
    /// The complete URL for traces.
    pub traces: Option<Url>,
}

impl MonitoringConfig {
    pub(super) fn check(
        arguments: &MonitoringArguments,
        secrets: &SecretsConfig,
        errors: &mut ConfigErrors,
    ) -> Self {
        let metrics_token = secrets.metrics_token.clone();
        if let Some(token) = &metrics_token
            && token.expose_secret().chars().count() < MINIMUM_TOKEN_LENGTH
        {
            errors.add(
                "METRICS_TOKEN",
                "too short",
                "use at least 24 characters, such as the output of: openssl rand -hex 24",
            );
        }
        Self {
            metrics_listen: metrics_listen(arguments, metrics_token.is_some(), errors),
            metrics_token,
            traces: traces(arguments, errors),
        }
    }
}

/// Requires a token when other machines can connect.
fn metrics_listen(
    arguments: &MonitoringArguments,
    has_token: bool,
    errors: &mut ConfigErrors,
) -> Option<SocketAddr> {
    let text = non_empty(arguments.metrics_listen.as_ref())?;
    let Ok(address) = text.parse::<SocketAddr>() else {
        let remedy = "use an IP address and a port, such as 127.0.0.1:9464";
        errors.add(
            "METRICS_LISTEN",
            &format!("{text:?} is not a listen address"),
            remedy,
        );
        return None;
    };
    if !address.ip().is_loopback() && !has_token {
        errors.add(
            "METRICS_LISTEN",
            "other machines can reach it, but METRICS_TOKEN is not set",
            "set METRICS_TOKEN too, or listen on 127.0.0.1",
        );
    }
    Some(address)
}

fn traces(arguments: &MonitoringArguments, errors: &mut ConfigErrors) -> Option<Url> {
    let (variable, text, is_complete) = match (
        non_empty(arguments.otlp_traces_endpoint.as_ref()),
        non_empty(arguments.otlp_endpoint.as_ref()),
    ) {
        (Some(text), _) => ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", text, true),
        (None, Some(text)) => ("OTEL_EXPORTER_OTLP_ENDPOINT", text, false),
        (None, None) => return None,
    };
    if let Some(protocol) = non_empty(arguments.otlp_protocol.as_ref())
        && protocol != PROTOCOL
    {
        errors.add(
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            &format!("protocol {protocol:?} is not supported"),
            "use http/protobuf and its port of the collector, usually 4318",
        );
    }
    let mut url = parse::web_url(variable, text, errors)?;
    if !url.username().is_empty() || url.password().is_some() {
        errors.add(
            variable,
            "credentials in the URL would appear in errors",
            "move them to OTEL_EXPORTER_OTLP_HEADERS",
        );
    }
    if !is_complete {
        let path = format!("{}/{TRACES_PATH}", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }
    Some(url)
}

/// An empty variable counts as unset.
fn non_empty(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Program {
        #[command(flatten)]
        arguments: MonitoringArguments,
    }

    fn check(arguments: &[&str], token: Option<&str>) -> Result<MonitoringConfig, String> {
        let program = Program::parse_from([&["proxypal-server"], arguments].concat());
        let secrets = SecretsConfig {
            metrics_token: token.map(Into::into),
            ..SecretsConfig::default()
        };
        let mut errors = ConfigErrors::default();
        let watch = MonitoringConfig::check(&program.arguments, &secrets, &mut errors);
        errors.into_result().map(|()| watch)
    }

    #[test]
    fn metrics_and_traces_are_off_by_default() {
        let watch = check(&["--metrics-listen=", "--otlp-endpoint="], None).unwrap();

        assert!(watch.metrics_token.is_none());
        assert_eq!(watch.metrics_listen, None);
        assert_eq!(watch.traces, None);
    }

    #[test]
    fn the_traces_path_is_appended_to_the_general_endpoint_only() {
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
    fn invalid_options_are_refused_with_a_remedy() {
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
