//! From text to meaning, collecting mistakes instead of stopping at the first.

use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use axum::http::HeaderValue;
use ipnet::IpNet;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{EngineArguments, EngineConfig, LogFormat, Options, SecretsConfig, StorageArguments};
use crate::crypto::vault::EncryptionKey;

/// What is wrong so far.
#[derive(Debug, Default)]
pub(super) struct Mistakes(Vec<String>);

impl Mistakes {
    pub(super) fn add(&mut self, variable: &str, what: &str, remedy: &str) {
        self.0.push(format!("{variable}: {what}; {remedy}"));
    }

    pub(super) fn into_result(self) -> Result<(), String> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut report = "the configuration has mistakes:".to_owned();
        for mistake in self.0 {
            let _ = write!(report, "\n  {mistake}");
        }
        Err(report)
    }

    /// Notes a failed reading and goes on with nothing.
    fn check<T, E: std::fmt::Display>(
        &mut self,
        variable: &str,
        read: Result<T, E>,
        remedy: &str,
    ) -> Option<T> {
        read.map_err(|error| self.add(variable, &error.to_string(), remedy))
            .ok()
    }
}

pub(super) fn listen(options: &Options, mistakes: &mut Mistakes) -> SocketAddr {
    let host = match options.host.trim_matches(['[', ']']) {
        "localhost" => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        text => mistakes.check("HOST", text.parse(), "use an IP address such as 127.0.0.1"),
    };
    let port = mistakes.check("PORT", options.port.parse(), "use a number from 0 to 65535");
    SocketAddr::new(
        host.unwrap_or(Ipv4Addr::LOCALHOST.into()),
        port.unwrap_or(0),
    )
}

pub(super) fn public_url(text: Option<&str>, listen: SocketAddr, mistakes: &mut Mistakes) -> Url {
    let default = || format!("http://{listen}");
    let text = text.map_or_else(default, str::to_owned);
    web_url("PUBLIC_URL", &text, mistakes).unwrap_or_else(nowhere)
}

/// An address that stands in for one that was refused; the start fails before it is used.
fn nowhere() -> Url {
    #[expect(clippy::expect_used, reason = "a constant that parses")]
    Url::parse("http://localhost").expect("a constant")
}

pub(super) fn web_url(variable: &str, text: &str, mistakes: &mut Mistakes) -> Option<Url> {
    let remedy = "use an address such as https://ai.example.org";
    let url: Url = mistakes.check(variable, text.parse(), remedy)?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        mistakes.add(variable, "it is no http or https address", remedy);
        return None;
    }
    Some(url)
}

pub(super) fn networks(variable: &str, text: &str, mistakes: &mut Mistakes) -> Vec<IpNet> {
    let remedy = "list networks such as 10.0.0.0/8 or single addresses, separated by commas";
    items(text)
        .filter_map(|item| {
            let network = item
                .parse::<IpNet>()
                .or_else(|error| item.parse::<IpAddr>().map(IpNet::from).map_err(|_| error));
            mistakes.check(variable, network, remedy)
        })
        .collect()
}

pub(super) fn origins(text: &str, mistakes: &mut Mistakes) -> Vec<HeaderValue> {
    items(text)
        .filter_map(|item| {
            let url = web_url("CORS_ALLOWED_ORIGINS", item, mistakes)?;
            HeaderValue::from_str(&url.origin().ascii_serialization()).ok()
        })
        .collect()
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

pub(super) fn seconds(variable: &str, text: &str, mistakes: &mut Mistakes) -> Duration {
    let number = text.trim_end_matches('s').parse();
    let seconds = mistakes.check(variable, number, "use a whole number of seconds");
    Duration::from_secs(seconds.unwrap_or(0))
}

/// How many there may be; 0 is any number.
pub(super) fn most(variable: &str, text: &str, mistakes: &mut Mistakes) -> Option<usize> {
    let number = mistakes.check(variable, text.parse(), "use a whole number, 0 for no limit");
    number.filter(|&number| number > 0)
}

pub(super) fn database_url(arguments: &StorageArguments, mistakes: &mut Mistakes) -> SecretString {
    // A variable that is set to nothing, as compose files do it, says nothing.
    let told = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let url = match (
        told(&arguments.database_url),
        told(&arguments.database_path),
    ) {
        (Some(url), _) => url,
        (None, Some(path)) => format!("sqlite://{path}"),
        (None, None) => {
            let file = Path::new(&arguments.data_dir).join("proxypal.db");
            format!("sqlite://{}", file.display())
        }
    };
    let known = ["sqlite:", "postgres:", "postgresql:"];
    if !known.iter().any(|scheme| url.starts_with(scheme)) {
        mistakes.add(
            "DATABASE_URL",
            "it names a database that is not supported",
            "use sqlite://… or postgres://…",
        );
    }
    url.into()
}

pub(super) fn encryption_key(
    variable: &str,
    text: &SecretString,
    mistakes: &mut Mistakes,
) -> Option<EncryptionKey> {
    let key = EncryptionKey::parse(text.expose_secret());
    mistakes.check(
        variable,
        key,
        "use 32 bytes in base64 or hex, such as the output of: openssl rand -base64 32",
    )
}

pub(super) fn log_level(text: &str, mistakes: &mut Mistakes) -> String {
    let filter = text.parse::<tracing_subscriber::EnvFilter>();
    mistakes.check("LOG_LEVEL", filter, "use error, warn, info, debug or trace");
    text.to_owned()
}

pub(super) fn log_format(text: &str, mistakes: &mut Mistakes) -> LogFormat {
    match text {
        "text" => LogFormat::Text,
        "json" => LogFormat::Json,
        other => {
            mistakes.add(
                "LOG_FORMAT",
                &format!("{other:?} is no format"),
                "use text or json",
            );
            LogFormat::Text
        }
    }
}

pub(super) fn program(path: Option<&str>, mistakes: &mut Mistakes) -> Option<PathBuf> {
    let path = PathBuf::from(path?);
    if !path.is_file() {
        mistakes.add(
            "ENGINE_BINARY",
            &format!("there is no file {}", path.display()),
            "name the engine's program, or leave it out and run `proxypal-server engine install`",
        );
    }
    Some(path)
}

pub(super) fn external_engine(
    arguments: &EngineArguments,
    secrets: &SecretsConfig,
    mistakes: &mut Mistakes,
) -> EngineConfig {
    let url = arguments.engine_url.as_deref().or_else(|| {
        mistakes.add(
            "ENGINE_URL",
            "an external engine needs it",
            "say where the engine runs",
        );
        None
    });
    let url = url.and_then(|text| web_url("ENGINE_URL", text, mistakes));
    if secrets.engine_api_key.is_none() {
        mistakes.add(
            "ENGINE_API_KEY",
            "an external engine needs it",
            "set it to one of the engine's api-keys",
        );
    }
    EngineConfig::External {
        url: url.unwrap_or_else(nowhere),
        api_key: secrets.engine_api_key.clone().unwrap_or_default(),
        management_key: secrets.engine_management_key.clone(),
    }
}
