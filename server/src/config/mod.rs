//! Everything an operator can set. [`Options`] is what was said, [`Config`] what it means.
//!
//! Options stay text until [`Config::read`], so that all mistakes are reported at once rather than
//! one start at a time.

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

use self::parse::Mistakes;
pub use self::{
    oauth::{OAuthSettings, Via},
    options::{EngineArguments, LogArguments, Options, StorageArguments, WatchArguments},
    secrets::{HELP as SECRETS_HELP, SecretsConfig, api_token, search_path},
    watch::NotificationsConfig,
};
pub use crate::db::StorageConfig;

/// The exit code of a start that failed for its configuration (`EX_USAGE`).
pub const EXIT_USAGE: u8 = 64;

/// A checked configuration.
#[derive(Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    pub storage: StorageConfig,
    /// How clients reach us; ends without a slash.
    pub public_url: Url,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Connections that one address may have open; `None` for any number.
    pub connections_per_address: Option<usize>,
    /// Inner networks that webhooks may lead to.
    pub notification_networks: Vec<IpNet>,
    /// Browser origins that may call `/v1`.
    pub cors_allowed_origins: Vec<HeaderValue>,
    /// How long running answers may go on after a request to stop.
    pub shutdown_grace: Duration,
    pub log: LogConfig,
    pub watch: NotificationsConfig,
    pub engine: EngineConfig,
    /// How to sign in at providers, where that differs from what is usual.
    pub oauth: BTreeMap<ProviderKind, OAuthSettings>,
    /// Where the engine's auth files are; in memory when absent.
    pub auth_dir: Option<PathBuf>,
    /// The password of the first administrator; ignored once there is one.
    pub admin_password: Option<SecretString>,
    /// What seals backups; without it none are made.
    pub backup_passphrase: Option<SecretString>,
}

/// What the log says and how.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// A `tracing` filter, such as `info` or `proxypal_server=debug`.
    pub level: String,
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// Which engine to use.
#[derive(Debug)]
pub enum EngineConfig {
    /// We run it; the program is looked for when `binary` is absent.
    Managed { binary: Option<PathBuf> },
    /// It runs elsewhere.
    External {
        url: Url,
        api_key: SecretString,
        management_key: Option<SecretString>,
    },
    /// The embedded stand-in.
    Demo,
}

impl Config {
    /// Checks everything that was said. The error lists every mistake with its cure.
    pub fn read(options: &Options, secrets: SecretsConfig) -> Result<Self, String> {
        let mut mistakes = Mistakes::default();
        let listen = parse::listen(options, &mut mistakes);
        let config = Self {
            listen,
            storage: StorageConfig::check(&options.storage, &secrets, &mut mistakes),
            public_url: parse::public_url(options.public_url.as_deref(), listen, &mut mistakes),
            trusted_proxies: parse::networks(
                "TRUSTED_PROXIES",
                &options.trusted_proxies,
                &mut mistakes,
            ),
            connections_per_address: parse::most(
                "CONNECTIONS_PER_ADDRESS",
                &options.connections_per_address,
                &mut mistakes,
            ),
            notification_networks: parse::networks(
                "NOTIFICATION_NETWORKS",
                &options.notification_networks,
                &mut mistakes,
            ),
            cors_allowed_origins: parse::origins(&options.cors_allowed_origins, &mut mistakes),
            shutdown_grace: parse::seconds(
                "SHUTDOWN_GRACE",
                &options.shutdown_grace,
                &mut mistakes,
            ),
            log: LogConfig::check(&options.log, &mut mistakes),
            watch: NotificationsConfig::check(&options.watch, &secrets, &mut mistakes),
            engine: EngineConfig::check(&options.engine, &secrets, &mut mistakes),
            oauth: oauth::read(&secrets.oauth, &mut mistakes),
            auth_dir: options.engine.engine_auth_dir.as_ref().map(PathBuf::from),
            admin_password: secrets.admin_password,
            backup_passphrase: secrets.backup_passphrase,
        };
        mistakes.into_result()?;
        Ok(config)
    }

    /// Whether others than this machine can reach us.
    pub fn is_public(&self) -> bool {
        !self.listen.ip().is_loopback()
    }
}

impl StorageConfig {
    /// Checks what the commands that only need the database take.
    pub fn read(arguments: &StorageArguments, secrets: &SecretsConfig) -> Result<Self, String> {
        let mut mistakes = Mistakes::default();
        let storage = Self::check(arguments, secrets, &mut mistakes);
        mistakes.into_result()?;
        Ok(storage)
    }

    fn check(
        arguments: &StorageArguments,
        secrets: &SecretsConfig,
        mistakes: &mut Mistakes,
    ) -> Self {
        Self {
            data_dir: PathBuf::from(&arguments.data_dir),
            database_url: parse::database_url(arguments, mistakes),
            encryption_key: secrets
                .encryption_key
                .as_ref()
                .and_then(|text| parse::encryption_key("ENCRYPTION_KEY", text, mistakes)),
            previous_keys: secrets
                .encryption_key_previous
                .iter()
                .filter_map(|text| parse::encryption_key("ENCRYPTION_KEY_PREVIOUS", text, mistakes))
                .collect(),
        }
    }
}

impl LogConfig {
    fn check(arguments: &LogArguments, mistakes: &mut Mistakes) -> Self {
        Self {
            level: parse::log_level(&arguments.log_level, mistakes),
            format: parse::log_format(&arguments.log_format, mistakes),
        }
    }
}

impl EngineConfig {
    fn check(
        arguments: &EngineArguments,
        secrets: &SecretsConfig,
        mistakes: &mut Mistakes,
    ) -> Self {
        match arguments.engine.as_str() {
            "managed" => Self::Managed {
                binary: parse::program(arguments.engine_binary.as_deref(), mistakes),
            },
            "external" => parse::external_engine(arguments, secrets, mistakes),
            "demo" => Self::Demo,
            other => {
                mistakes.add(
                    "ENGINE",
                    &format!("{other:?} is no kind of engine"),
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
    fn the_defaults_listen_on_this_machine_only() {
        let config = read(&[]).unwrap();

        assert!(!config.is_public());
        assert_eq!(config.public_url.as_str(), "http://127.0.0.1:3000/");
    }

    #[test]
    fn every_mistake_is_reported_with_its_variable_and_cure() {
        let report = read(&[
            "--port=70000",
            "--engine=external",
            "--trusted-proxies=10.0.0.0/99",
            "--log-format=xml",
        ])
        .unwrap_err();

        for part in [
            "PORT",
            "ENGINE_URL",
            "ENGINE_API_KEY",
            "TRUSTED_PROXIES",
            "LOG_FORMAT",
        ] {
            assert!(report.contains(part), "{part} is missing in:\n{report}");
        }
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
    fn a_database_that_is_set_to_nothing_is_the_usual_one() {
        let config = read(&["--database-url=", "--data-dir=/d"]).unwrap();

        assert_eq!(
            config.storage.database_url.expose_secret(),
            "sqlite:///d/proxypal.db"
        );
    }
}
