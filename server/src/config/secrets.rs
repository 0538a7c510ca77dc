//! Secrets, read from the environment only: arguments are visible to every process.

use std::{collections::BTreeMap, ffi::OsString};

use secrecy::SecretString;

use super::oauth;

/// Their part of `--help`.
pub const HELP: &str = "\
Secrets (environment only, never arguments):
  ADMIN_PASSWORD           Password of the first administrator, at least 12 characters. Read on
                           the first start and ignored afterwards; without it a one-time set-up
                           link is printed.
  ENCRYPTION_KEY           Encrypts provider credentials; 32 bytes in base64 or hex. Without it a
                           key is generated in the data directory.
  ENCRYPTION_KEY_PREVIOUS  Former keys, separated by commas; they can only decrypt.
  BACKUP_PASSPHRASE        Encrypts backups, at least 12 characters. Without it the server creates
                           none.
  METRICS_TOKEN            The bearer token for /metrics, at least 24 characters. Without it
                           metrics are served on METRICS_LISTEN only.
  ENGINE_API_KEY           An API key of the external engine.
  ENGINE_MANAGEMENT_KEY    The management key of the external engine; without it usage is read
                           from responses only.

Sign-in at providers (environment only; details in docs/sign-in.md):
  OAUTH_{PROVIDER}_{SETTING}
                           PROVIDER is a provider with sign-in, such as CLAUDE. CLIENT_ID and
                           CLIENT_SECRET are your own OAuth client, with the redirect URL
                           PUBLIC_URL/oauth/{provider}/callback. SCOPES, AUTHORIZE_URL,
                           TOKEN_URL, DEVICE_URL, DISCOVERY_URL, PROFILE_URL, EXCHANGE_URL,
                           API_URL and CHECK_URL override the defaults of the provider.
                           VIA=engine delegates the sign-in to the engine.";

/// The secrets of the environment, as text.
#[derive(Debug, Default)]
pub struct SecretsConfig {
    pub admin_password: Option<SecretString>,
    pub encryption_key: Option<SecretString>,
    pub encryption_key_previous: Vec<SecretString>,
    pub backup_passphrase: Option<SecretString>,
    pub metrics_token: Option<SecretString>,
    pub engine_api_key: Option<SecretString>,
    pub engine_management_key: Option<SecretString>,
    /// The `OAUTH_…` variables by name.
    pub oauth: BTreeMap<String, SecretString>,
}

impl SecretsConfig {
    /// Reads the environment. An empty variable counts as unset.
    pub fn from_environment() -> Self {
        Self {
            admin_password: variable("ADMIN_PASSWORD"),
            encryption_key: variable("ENCRYPTION_KEY"),
            encryption_key_previous: list("ENCRYPTION_KEY_PREVIOUS"),
            backup_passphrase: variable("BACKUP_PASSPHRASE"),
            metrics_token: variable("METRICS_TOKEN"),
            engine_api_key: variable("ENGINE_API_KEY"),
            engine_management_key: variable("ENGINE_MANAGEMENT_KEY"),
            oauth: oauth_variables(),
        }
    }
}

impl SecretsConfig {
    /// All secrets, for redaction.
    pub fn all(&self) -> impl Iterator<Item = &SecretString> {
        let single = [
            &self.admin_password,
            &self.encryption_key,
            &self.backup_passphrase,
            &self.metrics_token,
            &self.engine_api_key,
            &self.engine_management_key,
        ];
        single
            .into_iter()
            .flatten()
            .chain(&self.encryption_key_previous)
            .chain(self.oauth.values())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "only the configuration reads the environment"
)]
fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn variable(name: &str) -> Option<SecretString> {
    text(name).map(SecretString::from)
}

fn oauth_variables() -> BTreeMap<String, SecretString> {
    let all = std::env::vars_os().filter_map(|(name, value)| {
        let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
        (oauth::is_oauth_variable(&name) && !value.is_empty()).then(|| (name, value.into()))
    });
    all.collect()
}

fn list(name: &str) -> Vec<SecretString> {
    let text = text(name).unwrap_or_default();
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(SecretString::from)
        .collect()
}

/// The API token with which commands call a server's GraphQL API.
pub fn api_token() -> Option<SecretString> {
    variable("PROXYPAL_TOKEN")
}

/// `PATH`.
pub fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}
