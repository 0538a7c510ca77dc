//! The configuration of the server: [`Options`] is text from flags and environment, [`Config`] is validated.
//!
//! Clap stops at the first invalid value; so options stay text until [`Config::read`], which reports all errors together.

mod oauth;
mod options;
mod parse;
mod secrets;
mod watch;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use axum::http::HeaderValue;
use entity::provider_account::ProviderKind;
use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use self::parse::ConfigErrors;
pub use self::{
    oauth::{OAuthSettings, Via},
    options::{EngineArguments, LogArguments, MonitoringArguments, Options, StorageArguments},
    secrets::{HELP as SECRETS_HELP, SecretsConfig, api_token, search_path},
    watch::MonitoringConfig,
};
pub use crate::db::StorageConfig;

/// The exit code of a start that failed for its configuration (`EX_USAGE`).
pub const EXIT_USAGE: u8 = 64;

/// A validated configuration.
#[derive(Debug)]
pub struct Config {
    pub listen: SocketAddr,
    pub storage: StorageConfig,
    /// The base URL for clients; ends without a slash.
    pub public_url: Url,
    /// Networks of proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// The most open connections per client address; `None` is unlimited.
    pub connections_per_address: Option<usize>,
    /// Private networks that webhooks may reach.
    pub notification_networks: Vec<IpNet>,
    /// The address of a price list; `None` for none.
    pub price_list: Option<Url>,
    /// Browser origins allowed to call `/v1`.
    pub cors_allowed_origins: Vec<HeaderValue>,
    /// How long requests in flight may continue after a stop signal.
    pub shutdown_grace: Duration,
    /// Whether to wait while another server runs on the same database, and to take over when it has ended.
    pub standby: bool,
    pub journal_sync: JournalSyncConfig,
    pub log: LogConfig,
    pub watch: MonitoringConfig,
    pub engine: EngineConfig,
    /// Overrides of the OAuth settings of providers.
    pub oauth: BTreeMap<ProviderKind, OAuthSettings>,
    /// The list of the engine's releases; that of the project when absent.
    pub engine_releases_url: Option<Url>,
    /// The directory of the engine's auth files; in memory when absent.
    pub auth_dir: Option<PathBuf>,
    /// How many accounts may have an engine process of their own.
    pub engine_dedicated_max: usize,
    /// The password of the first administrator; ignored once one exists.
    pub admin_password: Option<SecretString>,
    /// Encrypts backups; without it the server creates none.
    pub backup_passphrase: Option<SecretString>,
}

/// Level and format of the log.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// A `tracing` filter, such as `info` or `proxypal_server=debug`.
    pub level: String,
    pub format: LogFormat,
}

/// When the journal of requests is synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalSyncConfig {
    Always,
    Group,
    Off,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// Which engine to use.
#[derive(Debug)]
pub enum EngineConfig {
    /// A child process; without `binary` the program is searched in `PATH` and the data directory.
    Managed { binary: Option<PathBuf> },
    /// An engine that runs elsewhere.
    External {
        url: Url,
        api_key: SecretString,
        management_key: Option<SecretString>,
    },
    /// The embedded demo engine.
    Demo,
}

impl Config {
    /// Validates all options. The error lists every invalid option with a remedy.
    pub fn read(options: &Options, secrets: SecretsConfig) -> Result<Self, String> {
        let mut errors = ConfigErrors::default();
        let listen = parse::listen(options, &mut errors);
        let config = Self {
            listen,
            storage: StorageConfig::check(&options.storage, &secrets, &mut errors),
            public_url: parse::public_url(options.public_url.as_deref(), listen, &mut errors),
            trusted_proxies: parse::networks(
                "TRUSTED_PROXIES",
                &options.trusted_proxies,
                &mut errors,
            ),
            connections_per_address: parse::limit(
                "CONNECTIONS_PER_ADDRESS",
                &options.connections_per_address,
                &mut errors,
            ),
            notification_networks: parse::networks(
                "NOTIFICATION_NETWORKS",
                &options.notification_networks,
                &mut errors,
            ),
            price_list: parse::price_list(options.price_list_url.as_deref(), &mut errors),
            cors_allowed_origins: parse::origins(&options.cors_allowed_origins, &mut errors),
            shutdown_grace: parse::seconds("SHUTDOWN_GRACE", &options.shutdown_grace, &mut errors),
            standby: parse::standby(options, &secrets, &mut errors),
            journal_sync: parse::journal_sync(&options.journal_sync, &mut errors),
            log: LogConfig::check(&options.log, &mut errors),
            watch: MonitoringConfig::check(&options.watch, &secrets, &mut errors),
            engine: EngineConfig::check(&options.engine, &secrets, &mut errors),
            oauth: oauth::read(&secrets.oauth, &mut errors),
            engine_releases_url: options
                .engine
                .engine_releases_url
                .as_deref()
                .and_then(|text| parse::web_url("ENGINE_RELEASES_URL", text, &mut errors)),
            engine_dedicated_max: parse::count(
                "ENGINE_DEDICATED_MAX",
                &options.engine.engine_dedicated_max,
                &mut errors,
            ),
            auth_dir: options.engine.engine_auth_dir.as_ref().map(PathBuf::from),
            admin_password: secrets.admin_password,
            backup_passphrase: secrets.backup_passphrase,
        };
        errors.into_result()?;
        Ok(config)
    }

    /// Whether other machines can connect.
    pub fn is_public(&self) -> bool {
        !self.listen.ip().is_loopback()
    }
}

impl StorageConfig {
    /// Validates the options of commands that only need the database.
    pub fn read(arguments: &StorageArguments, secrets: &SecretsConfig) -> Result<Self, String> {
        let mut errors = ConfigErrors::default();
        let storage = Self::check(arguments, secrets, &mut errors);
        errors.into_result()?;
        Ok(storage)
    }

    fn check(
        arguments: &StorageArguments,
        secrets: &SecretsConfig,
        errors: &mut ConfigErrors,
    ) -> Self {
        Self {
            data_dir: PathBuf::from(&arguments.data_dir),
            database_url: parse::database_url(arguments, errors),
            encryption_key: secrets
                .encryption_key
                .as_ref()
                .and_then(|text| parse::encryption_key("ENCRYPTION_KEY", text, errors)),
            previous_keys: secrets
                .encryption_key_previous
                .iter()
                .filter_map(|text| parse::encryption_key("ENCRYPTION_KEY_PREVIOUS", text, errors))
                .collect(),
        }
    }
}

impl LogConfig {
    fn check(arguments: &LogArguments, errors: &mut ConfigErrors) -> Self {
        Self {
            level: parse::log_level(&arguments.log_level, errors),
            format: parse::log_format(&arguments.log_format, errors),
        }
    }
}

impl EngineConfig {
    fn check(
        arguments: &EngineArguments,
        secrets: &SecretsConfig,
        errors: &mut ConfigErrors,
    ) -> Self {
        match arguments.engine.as_str() {
            "managed" => Self::Managed {
                binary: parse::program(arguments.engine_binary.as_deref(), errors),
            },
            "external" => parse::external_engine(arguments, secrets, errors),
            "demo" => Self::Demo,
            other => {
                errors.add(
                    "ENGINE",
                    &format!("unknown engine {other:?}"),
                    "use managed, external or demo",
                );
                Self::Demo
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use secrecy::ExposeSecret as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Program {
        #[command(flatten)]
        options: Options,
    }

    fn read(arguments: &[&str]) -> Result<Config, String> {
        let program = Program::parse_from([&["proxypal-server"], arguments].concat());
        Config::read(&program.options, SecretsConfig::default())
    }

    #[test]
    fn the_default_is_to_listen_on_loopback_only() {
        let config = read(&[]).unwrap();

        assert!(!config.is_public());
        assert_eq!(config.public_url.as_str(), "http://127.0.0.1:3000/");
    }

    #[test]
    fn every_error_is_reported_with_its_variable() {
        let report = read(&[
            "--port=70000",
            "--engine=external",
            "--trusted-proxies=10.0.0.0/99",
            "--log-format=xml",
            "--journal-sync=sometimes",
        ])
        .unwrap_err();

        for part in [
            "PORT",
            "ENGINE_URL",
            "ENGINE_API_KEY",
            "TRUSTED_PROXIES",
            "LOG_FORMAT",
            "JOURNAL_SYNC",
        ] {
            assert!(report.contains(part), "{part} is missing in:\n{report}");
        }
    }

    #[test]
    fn a_standby_needs_postgresql_and_the_common_encryption_key() {
        let report = read(&["--standby=wait"]).unwrap_err();
        assert!(report.contains("DATABASE_URL"), "{report}");
        let postgres = ["--standby=wait", "--database-url=postgres://h/d"];
        let report = read(&postgres).unwrap_err();
        assert!(report.contains("ENCRYPTION_KEY"), "{report}");
        let report = read(&["--standby=maybe"]).unwrap_err();
        assert!(report.contains("use off or wait"), "{report}");
        let program = Program::parse_from([&["proxypal-server"], &postgres[..]].concat());
        let secrets = SecretsConfig {
            encryption_key: Some(
                "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".into(),
            ),
            ..SecretsConfig::default()
        };

        assert!(Config::read(&program.options, secrets).unwrap().standby);
        assert!(!read(&[]).unwrap().standby);
    }

    #[test]
    fn a_database_path_becomes_a_url() {
        let config = read(&["--database-path=/tmp/x y.db"]).unwrap();

        assert_eq!(
            config.storage.database_url.expose_secret(),
            "sqlite:///tmp/x y.db"
        );
    }

    #[test]
    fn an_empty_database_url_counts_as_unset() {
        let config = read(&["--database-url=", "--data-dir=/d"]).unwrap();

        assert_eq!(
            config.storage.database_url.expose_secret(),
            "sqlite:///d/proxypal.db"
        );
    }
}
