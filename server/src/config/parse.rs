//! Parses option values and collects all errors instead of stopping at the first.

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

use super::{
    EngineArguments, EngineConfig, JournalSyncConfig, LogFormat, Options, SecretsConfig,
    StorageArguments,
};
use crate::crypto::vault::EncryptionKey;

/// The errors found so far.
#[derive(Debug, Default)]
pub(super) struct ConfigErrors(Vec<String>);

impl ConfigErrors {
    pub(super) fn add(&mut self, variable: &str, error: &str, remedy: &str) {
        self.0.push(format!("{variable}: {error}; {remedy}"));
    }

    pub(super) fn into_result(self) -> Result<(), String> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut report = "invalid configuration:".to_owned();
        for error in self.0 {
            let _ = write!(report, "\n  {error}");
        }
        Err(report)
    }

    /// Records an error and returns `None`.
    fn check<T, E: std::fmt::Display>(
        &mut self,
        variable: &str,
        parsed: Result<T, E>,
        remedy: &str,
    ) -> Option<T> {
        parsed
            .map_err(|error| self.add(variable, &error.to_string(), remedy))
            .ok()
    }
}

pub(super) fn listen(options: &Options, errors: &mut ConfigErrors) -> SocketAddr {
    let host = match options.host.trim_matches(['[', ']']) {
        "localhost" => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        text => errors.check("HOST", text.parse(), "use an IP address such as 127.0.0.1"),
    };
    let port = errors.check("PORT", options.port.parse(), "use a number from 0 to 65535");
    SocketAddr::new(
        host.unwrap_or(Ipv4Addr::LOCALHOST.into()),
        port.unwrap_or(0),
    )
}

pub(super) fn public_url(text: Option<&str>, listen: SocketAddr, errors: &mut ConfigErrors) -> Url {
    let default = || format!("http://{listen}");
    let text = text.map_or_else(default, str::to_owned);
    web_url("PUBLIC_URL", &text, errors).unwrap_or_else(placeholder_url)
}

/// A placeholder for an invalid URL; the start fails before it is used.
fn placeholder_url() -> Url {
    #[expect(clippy::expect_used, reason = "a constant that parses")]
    Url::parse("http://localhost").expect("a constant")
}

pub(super) fn web_url(variable: &str, text: &str, errors: &mut ConfigErrors) -> Option<Url> {
    let remedy = "use a URL such as https://ai.example.org";
    let url: Url = errors.check(variable, text.parse(), remedy)?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        errors.add(variable, "not an http or https URL", remedy);
        return None;
    }
    Some(url)
}

/// Administrators see the address, so it must not contain a password. By https, or from this machine.
pub(super) fn price_list(text: Option<&str>, errors: &mut ConfigErrors) -> Option<Url> {
    const VARIABLE: &str = "PRICE_LIST_URL";
    let url = web_url(VARIABLE, text.filter(|text| !text.is_empty())?, errors)?;
    let is_local = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    let has_password = !url.username().is_empty() || url.password().is_some();
    if has_password || (url.scheme() != "https" && !is_local) {
        let remedy = "use https, or http on this machine, without a password";
        errors.add(VARIABLE, "not an address of a price list", remedy);
        return None;
    }
    Some(url)
}

pub(super) fn networks(variable: &str, text: &str, errors: &mut ConfigErrors) -> Vec<IpNet> {
    let remedy = "list networks such as 10.0.0.0/8 or single addresses, separated by commas";
    items(text)
        .filter_map(|item| {
            let network = item
                .parse::<IpNet>()
                .or_else(|error| item.parse::<IpAddr>().map(IpNet::from).map_err(|_| error));
            errors.check(variable, network, remedy)
        })
        .collect()
}

pub(super) fn origins(text: &str, errors: &mut ConfigErrors) -> Vec<HeaderValue> {
    items(text)
        .filter_map(|item| {
            let url = web_url("CORS_ALLOWED_ORIGINS", item, errors)?;
            HeaderValue::from_str(&url.origin().ascii_serialization()).ok()
        })
        .collect()
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

pub(super) fn seconds(variable: &str, text: &str, errors: &mut ConfigErrors) -> Duration {
    let number = text.trim_end_matches('s').parse();
    let seconds = errors.check(variable, number, "use a whole number of seconds");
    Duration::from_secs(seconds.unwrap_or(0))
}

/// A limit; 0 is unlimited.
pub(super) fn limit(variable: &str, text: &str, errors: &mut ConfigErrors) -> Option<usize> {
    let number = errors.check(variable, text.parse(), "use a whole number, 0 for no limit");
    number.filter(|&number| number > 0)
}

/// A number that may be zero.
pub(super) fn count(variable: &str, text: &str, errors: &mut ConfigErrors) -> usize {
    let number = errors.check(variable, text.parse(), "use a whole number");
    number.unwrap_or_default()
}

pub(super) fn database_url(
    arguments: &StorageArguments,
    errors: &mut ConfigErrors,
) -> SecretString {
    // Compose files set optional variables to the empty string.
    let non_empty = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let url = match (
        non_empty(&arguments.database_url),
        non_empty(&arguments.database_path),
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
        errors.add(
            "DATABASE_URL",
            "this database is not supported",
            "use sqlite://… or postgres://…",
        );
    }
    url.into()
}

pub(super) fn encryption_key(
    variable: &str,
    text: &SecretString,
    errors: &mut ConfigErrors,
) -> Option<EncryptionKey> {
    let key = EncryptionKey::parse(text.expose_secret());
    errors.check(
        variable,
        key,
        "use 32 bytes in base64 or hex, such as the output of: openssl rand -base64 32",
    )
}

pub(super) fn log_level(text: &str, errors: &mut ConfigErrors) -> String {
    let filter = text.parse::<tracing_subscriber::EnvFilter>();
    errors.check("LOG_LEVEL", filter, "use error, warn, info, debug or trace");
    text.to_owned()
}

pub(super) fn log_format(text: &str, errors: &mut ConfigErrors) -> LogFormat {
    match text {
        "text" => LogFormat::Text,
        "json" => LogFormat::Json,
        other => {
            errors.add(
                "LOG_FORMAT",
                &format!("unknown format {other:?}"),
                "use text or json",
            );
            LogFormat::Text
        }
    }
}

pub(super) fn standby(
    options: &Options,
    secrets: &SecretsConfig,
    errors: &mut ConfigErrors,
) -> bool {
    const VARIABLE: &str = "STANDBY";
    match options.standby.as_str() {
        "" | "off" => return false,
        "wait" => {}
        other => {
            let error = format!("unknown mode {other:?}");
            errors.add(VARIABLE, &error, "use off or wait");
            return false;
        }
    }
    let url = options.storage.database_url.as_deref().unwrap_or_default();
    if !url.starts_with("postgres") {
        let remedy = "set DATABASE_URL to a postgres:// URL, or STANDBY to off";
        errors.add(VARIABLE, "a standby needs a PostgreSQL database", remedy);
    }
    if secrets.encryption_key.is_none() {
        let remedy = "set ENCRYPTION_KEY to the key of the other server";
        errors.add(
            VARIABLE,
            "a standby cannot use a key file of its own",
            remedy,
        );
    }
    true
}

pub(super) fn journal_sync(text: &str, errors: &mut ConfigErrors) -> JournalSyncConfig {
    match text {
        "always" => JournalSyncConfig::Always,
        "group" => JournalSyncConfig::Group,
        "off" => JournalSyncConfig::Off,
        other => {
            errors.add(
                "JOURNAL_SYNC",
                &format!("unknown value {other:?}"),
                "use always, group or off",
            );
            JournalSyncConfig::Off
        }
    }
}

pub(super) fn program(path: Option<&str>, errors: &mut ConfigErrors) -> Option<PathBuf> {
    let path = PathBuf::from(path?);
    if !path.is_file() {
        errors.add(
            "ENGINE_BINARY",
            &format!("file {} not found", path.display()),
            "set it to the engine's program, or unset it and run `proxypal-server engine install`",
        );
    }
    Some(path)
}

pub(super) fn external_engine(
    arguments: &EngineArguments,
    secrets: &SecretsConfig,
    errors: &mut ConfigErrors,
) -> EngineConfig {
    let url = arguments.engine_url.as_deref().or_else(|| {
        errors.add(
            "ENGINE_URL",
            "required for an external engine",
            "set it to the URL of the engine",
        );
        None
    });
    let url = url.and_then(|text| web_url("ENGINE_URL", text, errors));
    if secrets.engine_api_key.is_none() {
        errors.add(
            "ENGINE_API_KEY",
            "required for an external engine",
            "set it to one of the engine's api-keys",
        );
    }
    EngineConfig::External {
        url: url.unwrap_or_else(placeholder_url),
        api_key: secrets.engine_api_key.clone().unwrap_or_default(),
        management_key: secrets.engine_management_key.clone(),
    }
}
